"""What a manifest says of its experiment: checked, joined with that of another execution, put into words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ess_sim.errors import ResultsError
from ess_sim.results.storage.files import manifests
from ess_sim.results.storage.files.manifests import DamagedError
from ess_sim.results.storage.files.plain import read_file
from ess_sim.results.storage.keys import FORMAT, RECORDED, RESULTS_VERSION
from ess_sim.results.storage.layout import NAME
from ess_sim.results.tables import schema

__all__ = [
    "OtherResultsError",
    "check",
    "differences",
    "entry_of",
    "in_words",
    "join",
    "note_reads",
    "other_baselines",
    "read",
]


class OtherResultsError(ResultsError):
    """A sound manifest, but of something else, of another version, or with what no manifest says."""


_TOP: dict[str, type | tuple[type, ...]] = {
    "ess_sim": str,
    "seed": int,
    "draws": (dict, type(None)),
    "replications": int,
    "complete": bool,
    "keep": list,
    "snapshots": str,
    "shard": (list, type(None)),
    "order": list,
    "baselines": dict,
    "catalogue": list,
    "territories": dict,
    "scenarios": dict,
}
_SCENARIO: dict[str, type | tuple[type, ...]] = {
    "scenario": dict,
    "acts_from": list,
    "digest": str,
    "territory": dict,
    "code": str,
}
_TERRITORY: dict[str, type | tuple[type, ...]] = {"notes": list, "zones": list}


def read(path: Path) -> dict[str, Any]:
    """The manifest of a results folder.

    Raises
    ------
    OtherResultsError
        If it is one of something else or of another version.
    ResultsError
        If there is none, or it cannot be read.
    DamagedError
        If it is one of this version, but not as it was written.
    """
    try:
        manifest = manifests.read_sealed(path)
    except DamagedError:
        loosely = _loosely(path)
        if manifests.SEAL not in loosely:  # of something else or of another time, unless just this key is damaged
            _check_kind(path, loosely)
        raise
    _check_kind(path, manifest)
    check(path, manifest)
    return manifest


def _loosely(path: Path) -> dict[str, Any]:
    try:
        return manifests.read_manifest(path)
    except ResultsError:
        if FORMAT.encode() in read_file(path):
            return {manifests.SEAL: ""}
        raise


def _check_kind(path: Path, manifest: Mapping[str, Any]) -> None:
    if manifest.get("format") != FORMAT:
        raise OtherResultsError(f"{path}: a manifest that is not of ess_sim results: choose another folder")
    version = manifest.get("results_version")
    if version != RESULTS_VERSION:
        raise OtherResultsError(
            f"{path}: results of version {version!r}; this ess_sim reads version {RESULTS_VERSION}: choose another "
            "folder, or remove this one"
        )
    if "keep" not in manifest:
        raise OtherResultsError(
            f"{path}: results of an earlier layout of version {version}: choose another folder, or remove this one"
        )
    if (there := manifest.get("recorded")) != RECORDED:
        raise OtherResultsError(
            f"{path}: results {_other(there)}, unlike those of this ess_sim: choose another folder, or remove this one"
        )


def _other(recorded: Any) -> str:
    """How what a folder's runs recorded differs from what runs record now."""
    there, here = (
        [name for names in said.values() if isinstance(names, list) for name in names] if isinstance(said, dict) else []
        for said in (recorded, RECORDED)
    )
    odd = {"without": [n for n in here if n not in there], "with": [n for n in there if n not in here]}
    return " and ".join(f"{how} {', '.join(map(str, n))}" for how, n in odd.items() if n) or "recorded in another order"


def check(path: Path, manifest: Mapping[str, Any]) -> None:
    """Refuses a manifest that leads elsewhere or lacks what readers need: it may come from a stranger.

    Raises
    ------
    ResultsError
        With the first thing that is wrong.
    """

    def need(found: bool, what: str) -> None:
        if not found:
            raise OtherResultsError(f"{path}: not a manifest of ess_sim results: {what}")

    def typed(where: str, value: Any, kinds: Mapping[str, type | tuple[type, ...]]) -> None:
        need(isinstance(value, dict), f"{where} is no mapping")
        for key, kind in kinds.items():
            need(isinstance(value.get(key), kind), f"{where} has no {key}, or one of another type")

    typed("it", manifest, _TOP)
    for name in (*manifest["order"], *manifest["scenarios"], *manifest["baselines"], *manifest["baselines"].values()):
        need(isinstance(name, str) and bool(NAME.fullmatch(name)), f"{str(name)[:60]!r} is no name of a scenario")
    known = [table for table in schema.SCHEMAS if table in manifest["keep"]]
    need("shard" in manifest, "it does not say whether it is a shard")
    shard = manifest["shard"] or [1, 1]
    need(list(map(type, shard)) == [int, int] and 1 <= shard[0] <= shard[1], "it is a shard that there cannot be")
    need(manifest["keep"] == known and "outcomes" in known, "it keeps no tables, or unknown ones")
    need(len(set(manifest["order"])) == len(manifest["order"]), "a scenario is named twice")
    need(set(manifest["order"]) == set(manifest["scenarios"]), "order and scenarios do not name the same")
    for name, entry in manifest["scenarios"].items():
        typed(name, entry, _SCENARIO)
        years = entry["scenario"].get("horizon_years")
        need(type(years) is int and 1 <= years <= 60, f"{name} lasts no number of years")
        policies = entry["scenario"].get("policies", [])
        need(isinstance(policies, list) and len(policies) == len(entry["acts_from"]), f"{name} has no policies' days")
        need(all(map(_is_day, (entry["scenario"].get("start"), *entry["acts_from"]))), f"{name} has a day that is none")
        need(str(entry["territory"].get("digest")) in manifest["territories"], f"{name} has no territory")
    for digest, territory in manifest["territories"].items():
        typed(f"territory {digest[:8]!r}", territory, _TERRITORY)
    for row in manifest["catalogue"]:
        typed("the catalogue", row, {"name": str, "grade": str})


def _is_day(value: Any) -> bool:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def entry_of(manifest: Mapping[str, Any], name: str) -> dict[str, Any]:
    """All that a manifest says of a scenario, with its territory and the parameters that it ran with.

    The manifest holds territories and the catalogue once for all scenarios.
    """
    entry: dict[str, Any] = manifest["scenarios"][name]
    own = entry["scenario"].get("parameters", {})
    read = set(manifest.get("reads", {}).get(entry.get("read"), ()))
    parameters = [
        row
        | {
            "value": own.get(row["name"], row.get("value")),
            "overridden": row["name"] in own,
            "read": row["name"] in read,
        }
        for row in manifest["catalogue"]
    ]
    territory = entry["territory"] | manifest["territories"][entry["territory"]["digest"]]
    return entry | {"territory": territory, "parameters": parameters}


def note_reads(manifest: dict[str, Any], names: Sequence[str]) -> str:
    """Keeps a list of parameters once for all scenarios whose runs read the same; returns its key."""
    key = hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
    manifest.setdefault("reads", {})[key] = list(names)
    return key


def differences(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """In what two manifests speak of different experiments; nothing where one asks for more runs or scenarios."""
    common = sorted(set(earlier["order"]) & set(now["order"]))
    if not common:
        return ["its scenarios, of which none is there"]
    found = []
    for name in common:
        one, other = earlier["scenarios"][name], now["scenarios"][name]
        if one["digest"] != other["digest"]:
            found.append(f"what the scenario {name!r} says")
        if one["territory"]["digest"] != other["territory"]["digest"]:
            found.append(f"the territory of {name!r} (its CSV files hold something else now, or its data)")
        if one["code"] != other["code"]:
            found.append(f"the code of policies in {name!r}")
    words = {"seed": "the seed", "draws": "the parameter draws", "ess_sim": "the version of ess_sim"}
    words |= {"catalogue": "the catalogue of parameters", "keep": "the tables that are kept"}
    words["shard"] = "the shard (part of an experiment)"
    if now["shard"]:  # what it holds depends on all runs that there are to be
        words |= {"order": "the scenarios, or their order", "replications": "the number of replications"}
        words["baselines"] = "the baselines"
    words["snapshots"] = "the records at which snapshots are kept"
    return found + [said for entry, said in words.items() if earlier[entry] != now[entry]]


def join(manifest: dict[str, Any], earlier: Mapping[str, Any], *, said: bool = True) -> None:
    """Adds to a manifest the scenarios of an earlier execution that are not asked for now.

    Baselines that were ``said``, and those of all scenarios that there are, decide for all that are asked for, also
    that one of them has none. A part of them, run again, says nothing of what they are compared with: each keeps its
    baseline, and only one that has none gets that which is asked now.
    """
    asked = set(manifest["order"])
    if said or asked >= set(earlier["order"]):
        kept = {name: base for name, base in earlier["baselines"].items() if name not in asked}
        manifest["baselines"] = kept | manifest["baselines"]
    else:
        joined = dict(earlier["baselines"])
        for name, base in manifest["baselines"].items():
            if name not in joined and name not in _leading_from(base, joined):
                joined[name] = base
        manifest["baselines"] = joined
    for name in earlier["order"]:
        if name not in asked:
            entry = earlier["scenarios"][name]
            manifest["order"].append(name)
            manifest["scenarios"][name] = entry
            place = entry["territory"]["digest"]
            manifest["territories"][place] = earlier["territories"][place]
            if entry.get("read") in earlier.get("reads", {}):
                note_reads(manifest, earlier["reads"][entry["read"]])
    manifest["replications"] = max(manifest["replications"], earlier["replications"])


def _leading_from(name: str, baselines: Mapping[str, str]) -> list[str]:
    """A scenario, its baseline, that one's baseline, and so on."""
    found = [name]
    while (name := baselines.get(name, found[0])) not in found:
        found.append(name)
    return found


def other_baselines(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What is said of scenarios of an earlier execution that are compared with others than before."""
    before, after = earlier["baselines"], now["baselines"]
    return [
        f"{name}: its baseline is {after.get(name, 'none')} from now on, {before.get(name, 'none')} so far"
        for name in earlier["order"]
        if name in now["order"] and before.get(name) != after.get(name)
    ]


def in_words(manifest: Mapping[str, Any]) -> str:
    """An experiment in a few words, for messages."""
    names = ", ".join(f"{n} ({manifest['scenarios'][n]['digest'][:8]})" for n in manifest["order"])
    drawn = manifest["draws"]
    draws = f", {drawn['n']} draws ({drawn['method']})" if drawn else ""
    return f"{names}, seed {manifest['seed']}{draws}, ess_sim {manifest['ess_sim']}"
