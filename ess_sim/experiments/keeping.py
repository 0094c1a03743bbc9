"""Which tables of a run are kept in a results folder, and at which records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from ess_sim.errors import ArgumentError, did_you_mean
from ess_sim.results.comparison.pairing import default_dates
from ess_sim.results.run import Run
from ess_sim.results.tables import schema

__all__ = ["SNAPSHOTS", "Keep", "Snapshots"]


Snapshots = Literal["monthly", "yearly", "none"]
SNAPSHOTS: tuple[Snapshots, ...] = ("monthly", "yearly", "none")

_ALWAYS = "outcomes"
"""Without it, nothing could be compared."""

_ANNIVERSARIES = range(1, 61)


@dataclass(frozen=True)
class Keep:
    """What is kept of each run.

    Attributes
    ----------
    tables : tuple of str
        Keys of `SCHEMAS`, in their order.
    snapshots : {'monthly', 'yearly', 'none'}
        At which records residents by cell are kept: all; the first, the last and those nearest to the anniversaries of
        the first day; none. No other table depends on it.
    """

    tables: tuple[str, ...] = tuple(schema.SCHEMAS)
    snapshots: Snapshots = "monthly"

    @classmethod
    def of(cls, tables: str | Sequence[str] | None = None, snapshots: Snapshots | None = None) -> Keep:
        """What a user asks for.

        Parameters
        ----------
        tables : str or sequence of str, optional
            Names of tables, or one text with commas between them; outcomes are kept in any case. All by default.
        snapshots : str, optional

        Raises
        ------
        ArgumentError
            With all that is wrong.

        Examples
        --------
        >>> Keep.of("facts,accounts")
        Keep(tables=('facts', 'accounts', 'outcomes'), snapshots='none')
        >>> Keep.of(snapshots="yearly").tables == tuple(schema.SCHEMAS)
        True
        """
        wrong = []
        given = tables.split(",") if isinstance(tables, str) else tables
        names = list(schema.SCHEMAS) if given is None else [name.strip() for name in given]
        for name in names:
            if name not in schema.SCHEMAS:
                wrong.append(f"keep: no table {name!r}{did_you_mean(name, schema.SCHEMAS)}: choose among {_KNOWN}")
        if snapshots is not None and snapshots not in SNAPSHOTS:
            known = ", ".join(SNAPSHOTS)
            wrong.append(f"snapshots: {snapshots!r}{did_you_mean(snapshots, SNAPSHOTS)}: choose among {known}")
        elif snapshots in ("monthly", "yearly") and "snapshots" not in names:
            wrong.append(f"snapshots: {snapshots} says nothing where keep leaves the table snapshots out")
        if wrong:
            raise ArgumentError("\n".join(wrong))
        kept = {_ALWAYS, *names} - ({"snapshots"} if snapshots == "none" else set())
        at = (snapshots or "monthly") if "snapshots" in kept else "none"
        return cls(tuple(name for name in schema.SCHEMAS if name in kept), at)

    @classmethod
    def read(cls, manifest: Any) -> Keep:
        """What a manifest says."""
        return cls(tuple(manifest["keep"]), manifest["snapshots"])

    def frames(self, run: Run) -> dict[str, pd.DataFrame]:
        """The tables of a run that are kept."""
        run.snapshots, run.providers, run.calls, run.distributions  # noqa: B018 - cached: outcomes need them again
        found = {table: run.table(table) for table in self.tables}
        if self.snapshots == "yearly":
            frame = found["snapshots"]
            recorded = pd.DatetimeIndex(frame["date"].unique())
            days = [recorded[0], *default_dates(recorded, _ANNIVERSARIES)]
            found["snapshots"] = frame[frame["date"].isin(days)].reset_index(drop=True)
        return found


_KNOWN = ", ".join(schema.SCHEMAS)
