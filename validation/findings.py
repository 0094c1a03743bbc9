"""What a check found, and whether that lies within the tolerance stated for it beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

TOLERANCES = Path(__file__).with_name("tolerances.yaml")
FIELDS = {"id", "what", "unit", "observed", "accept", "source", "reason"}


@dataclass(frozen=True)
class Finding:
    """One number: what the model gives where ``id`` in the tolerances says what is known.

    Attributes
    ----------
    id : str
        ``part/name``, as in the tolerances.
    simulated : float
        What is held against the tolerance.
    low, high : float
        Its interval, for the reader; NaN where it has none.
    note : str
        How it was measured, in a few words: runs, replications, interval.
    """

    id: str
    simulated: float
    low: float = nan
    high: float = nan
    note: str = ""


def read_tolerances(path: Path = TOLERANCES) -> dict[str, dict[str, Any]]:
    """Tolerances by id.

    Each has ``what``, ``unit``, ``observed`` (a number, or null), ``accept`` (lowest and highest simulated value that
    passes), ``source`` of what is observed and ``reason`` of the band.
    """
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    out = {}
    for entry in entries:
        if set(entry) != FIELDS:
            raise ValueError(f"{entry.get('id')}: a tolerance has {', '.join(sorted(FIELDS))}, not {sorted(entry)}")
        low, high = entry["accept"]
        if not low <= high or entry["id"] in out:
            raise ValueError(f"{entry['id']}: twice, or accepts nothing")
        out[entry["id"]] = entry
    return out


def judge(findings: Iterable[Finding], tolerances: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row a finding: ``id, what, unit, observed, simulated, low, high, accept_low, accept_high, passed, …``.

    A finding without a tolerance is an error: a tolerance is stated before the check runs. A tolerance of a part that
    ran but found nothing for it is one, too.
    """
    rows = []
    for f in findings:
        if f.id not in tolerances:
            raise ValueError(f"{f.id}: no tolerance is stated for it")
        t = tolerances[f.id]
        low, high = t["accept"]
        rows.append(
            {
                "id": f.id,
                "what": t["what"],
                "unit": t["unit"],
                "observed": t["observed"],
                "simulated": f.simulated,
                "low": f.low,
                "high": f.high,
                "accept_low": low,
                "accept_high": high,
                "passed": bool(low <= f.simulated <= high),
                "note": f.note,
                "reason": t["reason"],
                "source": t["source"],
            }
        )
    table = pd.DataFrame(rows)
    parts = {str(i).split("/")[0] for i in table.get("id", ())}
    silent = {i for i in tolerances if i.split("/")[0] in parts} - set(table.get("id", ()))
    if silent:
        raise ValueError(f"no finding for {', '.join(sorted(silent))}")
    return table
