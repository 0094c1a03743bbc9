"""Whose answers draws come from: the file beside a table of draws, and what of it results keep."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim.errors import ResultsError
from ess_sim.results.storage.files.manifests import read_manifest

__all__ = ["ELICITED", "as_text", "digest_of", "in_words", "origin_of", "outline"]


ELICITED = "ess_sim elicitation 1"
"""Format that the provenance of experts' answers names."""


_KEPT = ("format", "ess_sim", "pooling", "pooling_in_words", "distribution", "probability_beyond_low_and_high")
_KEPT_TOO = ("design", "draws", "draws_sha256", "seed", "left_out")


def as_text(draws: Sequence[Mapping[str, float]]) -> str:
    r"""Draws as a CSV table, whose first column numbers them.

    >>> as_text([{"informed_share": 0.25}])
    'draw,informed_share\n1,0.25\n'
    """
    frame = pd.DataFrame(list(draws))
    frame.insert(0, "draw", range(1, len(frame) + 1))
    return str(frame.to_csv(index=False, lineterminator="\n", float_format="%.10g"))


def digest_of(draws: Sequence[Mapping[str, float]]) -> str:
    """SHA-256 of `as_text`: the same however a spreadsheet has saved the table."""
    return hashlib.sha256(as_text(draws).encode()).hexdigest()


def outline(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """What results keep of a provenance: no names of experts, no reasons, no paths.

    Parameters
    ----------
    provenance : mapping
        As `Elicited.provenance` gives it.
    """
    forms = [{"file": Path(str(form["file"])).name, "sha256": form["sha256"]} for form in provenance["forms"]]
    parameters = [
        {name: p[name] for name in ("parameter", "q05", "median", "q95")} | {"answers": len(p["answers"])}
        for p in provenance["parameters"]
    ]
    experts = {str(answer["expert"]).casefold() for p in provenance["parameters"] for answer in p["answers"]}
    kept = {name: provenance[name] for name in (*_KEPT, *_KEPT_TOO)}
    return {**kept, "experts": len(experts), "forms": forms, "parameters": parameters}


def origin_of(path: Path, draws: Sequence[Mapping[str, float]]) -> tuple[dict[str, Any] | None, str]:
    """The outline of the provenance beside a table of draws, or None; and why, where one is there that does not fit."""
    beside = path.with_suffix(".json")
    try:
        said = read_manifest(beside)
    except ResultsError:  # there is none, or another file
        return None, ""
    if said.get("format") != ELICITED:
        return None, ""
    if not draws or said.get("draws_sha256") != digest_of(draws):
        return None, f"{beside.name} beside it is the provenance of other draws"
    try:
        return outline(said), ""
    except (KeyError, TypeError, AttributeError):
        return None, f"{beside.name} beside it is no whole provenance"


def in_words(origin: Mapping[str, Any]) -> str:
    """An outline in a few words.

    >>> in_words({"experts": 3, "parameters": [{}], "pooling_in_words": "median of the experts' quantiles"})
    "answers of 3 experts about 1 parameter (median of the experts' quantiles)"
    """
    experts, parameters = origin["experts"], len(origin["parameters"])
    return (
        f"answers of {experts} expert{'s'[: experts != 1]} about {parameters} parameter{'s'[: parameters != 1]} "
        f"({origin['pooling_in_words']})"
    )
