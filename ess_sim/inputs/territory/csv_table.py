"""A user's CSV of zones or travel minutes, read with every problem at its line."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.errors import TerritoryError, did_you_mean
from ess_sim.inputs.territory.ages import FloatArray

__all__ = ["Csv"]


_MAX_PROBLEMS = 20


class Csv:
    """A user's CSV as text, and the faults found in it: all of them are told at once, each with its line."""

    def __init__(self, path: str | PathLike[str], required: Sequence[str], optional: Sequence[str] = ()) -> None:
        self.path = Path(path)
        self.problems: list[tuple[int, str]] = []
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)
                frame = pd.read_csv(
                    self.path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False
                )
        except FileNotFoundError:
            raise TerritoryError(f"{self.path}: no such file") from None
        except pd.errors.EmptyDataError:
            raise TerritoryError(f"{self.path}:1: the file is empty; it must start with {','.join(required)}") from None
        except UnicodeDecodeError:
            raise TerritoryError(f"{self.path}: not UTF-8 text; save it as 'CSV UTF-8'") from None
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            raise TerritoryError(f"{self.path}: {' '.join(str(error).split())}") from None
        except OSError as error:
            raise TerritoryError(f"{self.path}: {error.strerror or error}") from None
        columns = [str(c).strip() for c in frame.columns]
        if not isinstance(frame.index, pd.RangeIndex):
            raise TerritoryError(f"{self.path}:2: more values than the {len(columns)} columns of the first line")
        if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
            raise TerritoryError(f"{self.path}:1: values must be separated by commas")
        missing = [c for c in required if c not in columns]
        if missing:
            hints = "".join(f" {c!r}{did_you_mean(c, set(columns) - set(required))}," for c in missing).rstrip(",")
            raise TerritoryError(f"{self.path}:1: missing column{hints}; wanted: {','.join(required)}")
        if surplus := [c for c in columns if c not in (*required, *optional)]:
            known = set(required) | set(optional)
            hints = "".join(f" {c!r}{did_you_mean(c, known - set(columns))}," for c in surplus).rstrip(",")
            raise TerritoryError(f"{self.path}:1: unknown column{hints}")
        frame.columns = pd.Index(columns)
        frame = frame.fillna("").apply(lambda column: column.str.strip())
        frame.index = pd.RangeIndex(2, len(frame) + 2)  # a row's line in the file
        self.frame: pd.DataFrame = frame[(frame != "").any(axis=1)]
        if self.frame.empty:
            raise TerritoryError(f"{self.path}:2: no rows")

    def fault(self, wrong: Any, what: Callable[[Any], str]) -> None:
        """Note a fault for each row where ``wrong`` is true; ``what`` words it from the row."""
        rows = self.frame[np.asarray(wrong, dtype=bool)]
        self.problems += [(int(line), what(row)) for line, row in rows.iterrows()]  # type: ignore[call-overload]

    def numbers(self, column: str, low: float, high: float, *, whole: bool = False, above: bool = False) -> FloatArray:
        """A column as numbers; NaN, and a fault, where it is none or out of its range (``above``: low excluded)."""
        text = self.frame[column]
        values = pd.to_numeric(text, errors="coerce").to_numpy(np.float64).copy()
        bad = ~np.isfinite(values)
        self.fault(bad, lambda row: f"{column}: {row[column]!r} is not a number")
        with np.errstate(invalid="ignore"):
            outside = ~bad & ((values < low) | (values > high) | (above & (values == low)))
            uneven = ~bad & ~outside & (values != np.floor(values)) if whole else np.zeros_like(bad)
        start = "more than" if above else "at least"
        limit = f"{start} {low:g}" if high == np.inf else f"{start} {low:g} and at most {high:g}"
        self.fault(outside, lambda row: f"{column}: {row[column]} is out of range, it must be {limit}")
        self.fault(uneven, lambda row: f"{column}: {row[column]} is not a whole number")
        values[bad | outside | uneven] = np.nan
        return values

    def duplicates(self, columns: Sequence[str], keys: Sequence[Any]) -> None:
        """Note a fault for each row whose keys another row before it has."""
        table = pd.DataFrame(dict(zip(columns, keys, strict=True)), index=self.frame.index)
        again = table.duplicated(keep="first") & table.notna().all(axis=1)
        if not again.any():
            return
        first = {tuple(key): line for line, key in zip(table.index[::-1], table.to_numpy()[::-1], strict=True)}

        def what(row: Any) -> str:
            line = first[tuple(table.loc[row.name])]
            return f"{' and '.join(f'{c} {row[c]!r}' for c in columns)}: already given in line {line}"

        self.fault(again, what)

    def stop_if_faulty(self) -> None:
        """Raise one error with all faults, in file order."""
        if not self.problems:
            return
        lines = [f"{self.path}:{line}: {what}" for line, what in sorted(set(self.problems))]
        more = len(lines) - _MAX_PROBLEMS
        raise TerritoryError("\n".join(lines[:_MAX_PROBLEMS] + ([f"… and {more} more"] if more > 0 else [])))
