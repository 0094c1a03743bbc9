"""A complete folder as an RO-Crate 1.1: what repositories of research data need to know of it.

The description says what can be known here. Author, licence and date of publication are for the person who publishes:
they stand open, and a description that was filled in stays as it is until results change. Without a clock, equal
results have equal descriptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ess_sim.errors import ResultsError
from ess_sim.inputs.languages.bilingual import in_language
from ess_sim.results.storage.files import manifests

__all__ = ["describe", "update"]


_SPECIFICATION = "https://w3id.org/ro/crate/1.1"
_SOFTWARE, _DATA, _AUTHOR, _RUN = "#ess_sim", "#bundled-data", "#author", "#run"
_MIT = "https://spdx.org/licenses/MIT"
_OPEN_LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
_OPEN = "[to be filled in by the author]"
_UNPUBLISHED = "1970-01-01"
"""The format demands a day, and there is none yet: a day that cannot be taken for one."""

_TABLES = {
    "snapshots": "residents by zone, age band, long-term illness and precarity, at every record",
    "flows": "what moved residents into and out of the state without médecin traitant",
    "calls": "calls for a médecin traitant, by how they ended",
    "facts": "dated facts: who did what",
    "accounts": "money booked, by actor, line and payer",
    "providers": "lists, targets and openness of GPs and centres",
    "careers": "stretches of doctors' and interns' working lives",
    "distributions": "residents of each zone by whole minutes to their médecin traitant",
    "spells": "ended spells without médecin traitant, by completed months",
    "outcomes": "the outcomes at every record",
}


def update(path: Path, manifest: Mapping[str, Any]) -> None:
    """Writes the description of a complete folder, unless it is there; removes that of an incomplete one."""
    if not manifest["complete"]:
        path.unlink(missing_ok=True)
    elif _described(path) != manifest["fingerprint"]:
        manifests.write_manifest(path, describe(manifest))


def _described(path: Path) -> str | None:
    """The fingerprint that a description names."""
    try:
        graph = manifests.read_manifest(path).get("@graph")
    except ResultsError:
        return None
    roots = [e for e in graph if isinstance(e, dict) and e.get("@id") == "./"] if isinstance(graph, list) else []
    return str(roots[0].get("identifier", "")).rpartition(":")[2] if roots else None


def describe(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a results folder, as ``ro-crate-metadata.json`` holds it.

    Parameters
    ----------
    manifest : mapping
        That of a complete folder.
    """
    names = sorted(manifest["order"])  # in which order they were asked for changes nothing
    titles = [in_language(manifest["scenarios"][n]["scenario"].get("title")) or n for n in names]
    runs = sum(manifest["scenarios"][n]["runs"] for n in names)
    some = "; ".join(titles[:5]) + (f"; and {len(titles) - 5} more" if len(titles) > 5 else "")
    folders = [_folder("cells/", "notes of the runs, with digests of their tables")]
    folders += [_folder(f"{table}/", _TABLES[table]) for table in manifest["keep"]]
    files = [_file("manifest.json", "what was asked, with every parameter and its source", "application/json")]
    parts = [{"@id": entity["@id"]} for entity in (*files, *folders)]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Simulated access to a médecin traitant: {some}",
        "description": f"{runs} simulated runs of {len(names)} scenarios ({', '.join(names[:20])}"
        f"{', …' if len(names) > 20 else ''}), root seed {manifest['seed']}. Author, licence and date of publication "
        "are to be filled in before publication.",
        "identifier": f"ess_sim-results:{manifest['fingerprint']}",
        "datePublished": _UNPUBLISHED,
        "license": f"{_OPEN}; the results derive from data under the Licence Ouverte 2.0, whose sources must be named",
        "author": {"@id": _AUTHOR},
        "isBasedOn": {"@id": _DATA},
        "hasPart": parts,
        "mentions": {"@id": _RUN},
    }
    about = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": _SPECIFICATION},
        "about": {"@id": "./"},
    }
    return {
        "@context": f"{_SPECIFICATION}/context",
        "@graph": [about, root, *files, *folders, *_context(manifest)],
    }


def _context(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"@id": _AUTHOR, "@type": "Person", "name": _OPEN},
        {
            "@id": _SOFTWARE,
            "@type": "SoftwareApplication",
            "name": "ess_sim",
            "version": manifest["ess_sim"],
            "softwareVersion": manifest["ess_sim"],
            "license": {"@id": _MIT},
        },
        {
            "@id": _RUN,
            "@type": "CreateAction",
            "name": f"ess-sim run, results version {manifest['results_version']}",
            "instrument": {"@id": _SOFTWARE},
            "object": {"@id": _DATA},
            "result": {"@id": "./"},
        },
        {
            "@id": _DATA,
            "@type": "Dataset",
            "name": "Data bundled with ess_sim",
            "description": "Codes, populations, ages and positions of communes (INSEE, DGCL, IGN, DILA), GPs by "
            "département (DREES and others); ess_sim/data/LICENCE-DATA.md names every source and its date",
            "license": {"@id": _OPEN_LICENCE},
        },
        {"@id": _MIT, "@type": "CreativeWork", "name": "MIT License", "description": "licence of ess_sim's code"},
        {
            "@id": _OPEN_LICENCE,
            "@type": "CreativeWork",
            "name": "Licence Ouverte 2.0 (Etalab)",
            "description": "anyone may copy, change and pass on the data who names source and date of the last update",
        },
    ]


def _folder(path: str, what: str) -> dict[str, Any]:
    return {"@id": path, "@type": "Dataset", "name": path.rstrip("/"), "description": what}


def _file(path: str, what: str, kind: str) -> dict[str, Any]:
    return {"@id": path, "@type": "File", "name": path, "description": what, "encodingFormat": kind}
