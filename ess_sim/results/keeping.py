"""Which tables of a run are kept, and at which records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ess_sim.clock import Calendar, nearest_anniversaries
from ess_sim.errors import ArgumentError, NotKeptError, did_you_mean
from ess_sim.results.tables import schema

__all__ = ["EVERYTHING", "SNAPSHOTS", "Keep", "Snapshots"]


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

    def snapshot_records(self, calendar: Calendar) -> list[int]:
        """Places of the records at which residents by cell are kept, ascending.

        Examples
        --------
        >>> from datetime import date
        >>> Keep(snapshots="yearly").snapshot_records(Calendar(date(2020, 1, 1), 2))
        [0, 12, 25]
        """
        days = calendar.record_days
        if self.snapshots == "yearly":
            return sorted({0, *nearest_anniversaries(calendar.start, days, _ANNIVERSARIES)})
        return list(range(len(days))) if self.snapshots == "monthly" else []

    def check(self, table: str) -> None:
        """Refuses a table that is not kept.

        Raises
        ------
        NotKeptError
            With what to ask for.
        """
        if table not in self.tables:
            raise NotKeptError(f"not kept of this run: the table {table}; run it once more with {table} in keep")


EVERYTHING = Keep()
_KNOWN = ", ".join(schema.SCHEMAS)
