"""Where the files of a results folder are. Nothing outside the folder is ever read, written or removed.

Names come from the files of others: they must be names of parts, and no folder or file may be a symbolic link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ess_sim.errors import ResultsError
from ess_sim.results.storage.keys import EXTRAS
from ess_sim.results.tables import schema

__all__ = ["NAME", "Layout"]


NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Names of scenarios, as `ess_sim.Scenario` has them: none of them leads out of a folder."""


NOTES = "cells"
_LEFT_OVER = re.compile(r"\..+\.[0-9a-f]{2,16}\.part")
_OF_A_PART = re.compile(r"\d{4,}-[0-9a-f]{8}\.(json|parquet)")


@dataclass(frozen=True)
class Layout:
    """The places of a results folder.

    Parameters
    ----------
    path : Path
        The folder; it may itself be reached through a symbolic link.
    """

    path: Path

    @property
    def manifest(self) -> Path:
        return self.path / "manifest.json"

    @property
    def log(self) -> Path:
        return self.path / "run.log"

    @property
    def crate(self) -> Path:
        """The description of a complete folder for repositories of research data."""
        return self.path / "ro-crate-metadata.json"

    @property
    def journal(self) -> Path:
        """Runs that have finished since the folder was last put in order."""
        return self.path / "runs.journal"

    @property
    def failures(self) -> Path:
        return self.path / "failures.json"

    def notes(self, part: str) -> Path:
        return self.path / NOTES / f"{part}.json"

    def pack(self, part: str, table: str) -> Path:
        """Where one table of a part's runs is.

        >>> Layout(Path("out")).pack("0003-1f2e3d4c", "flows").as_posix()
        'out/flows/0003-1f2e3d4c.parquet'
        """
        return self.path / table / f"{part}.parquet"

    def parts(self) -> list[str]:
        """The parts that have notes, in their order."""
        return sorted(path.stem for path in self._of_parts() if path.parent.name == NOTES)

    def is_whole(self, part: str, tables: Sequence[str]) -> bool:
        """Whether all files of a part are there."""
        return all(path.is_file() for path in (self.notes(part), *(self.pack(part, table) for table in tables)))

    def _places(self) -> Iterator[Path]:
        """Every folder that holds files of parts."""
        for name in (NOTES, *schema.SCHEMAS):
            place = self.path / name
            if place.is_dir() and not place.is_symlink():
                yield place

    def _of_parts(self) -> Iterator[Path]:
        """Every file of a part, named as this package names them."""
        for place in self._places():
            yield from (p for p in sorted(place.iterdir()) if _OF_A_PART.fullmatch(p.name) and not p.is_dir())

    def keep_parts(self, parts: set[str]) -> None:
        """Removes the files that this package wrote of other parts, and the folders that this leaves empty."""
        for path in self._of_parts():
            if path.stem not in parts:
                path.unlink()
        for place in self._places():
            with suppress(OSError):  # it holds something
                place.rmdir()

    def clear(self) -> None:
        """Removes the files that this package wrote of runs."""
        for path in (self.journal, self.failures):
            path.unlink(missing_ok=True)
        self.keep_parts(set())

    def tidy(self) -> None:
        """Removes what an interrupted execution left half-written, and what was made of runs that may change."""
        for place in (self.path, *self._places()):
            for path in place.iterdir():
                if _LEFT_OVER.fullmatch(path.name) and not path.is_dir():
                    path.unlink()
        for name in EXTRAS:
            (self.path / name).unlink(missing_ok=True)

    def check_links(self) -> None:
        """Refuses folders of runs that lie elsewhere.

        Raises
        ------
        ResultsError
            If a folder within this one is a symbolic link.
        """
        for name in (NOTES, *schema.SCHEMAS):
            if (self.path / name).is_symlink():
                raise ResultsError(
                    f"{self.path / name}: a symbolic link, which a results folder does not hold: replace it"
                )
