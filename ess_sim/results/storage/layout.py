"""Where the files of a results folder are. Nothing outside the folder is ever read, written or removed.

Names come from the files of others: they must be names of scenarios, and no folder or file may be a symbolic link.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ess_sim.errors import ResultsError
from ess_sim.results.storage.keys import EXTRAS, NOTE, Key
from ess_sim.results.tables import schema

__all__ = ["CRATE", "NAME", "STEM", "Layout", "append_line", "read_file"]


NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Names of scenarios, as `ess_sim.Scenario` has them: none of them leads out of a folder."""


STEM = re.compile(r"\d{4,}-\d{4,}")
"""Names of a run's files without their ending."""


CRATE = "ro-crate-metadata.json"
"""The description of a complete folder for repositories of research data."""


NOTES = "cells"
_LEFT_OVER = re.compile(r"\..+\.[0-9a-f]{2,16}\.part")
_RUN = re.compile(r"\d{4,}-\d{4,}(\.json|\.failed\.json|\.parquet)|packed\.parquet")


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
        return self.path / CRATE

    def note(self, key: Key) -> Path:
        return self.path / NOTES / key.scenario / f"{key.stem}.json"

    def failure(self, key: Key) -> Path:
        return self.path / NOTES / key.scenario / f"{key.stem}.failed.json"

    def table(self, key: Key, table: str) -> Path:
        """Where one table of one run is.

        >>> Layout(Path("out")).table(Key("laval", 0, 3), "flows").as_posix()
        'out/flows/laval/0000-0003.parquet'
        """
        return self.path / table / key.scenario / f"{key.stem}.parquet"

    def packed_table(self, scenario: str, table: str) -> Path:
        return self.path / table / scenario / "packed.parquet"

    def packed_notes(self, scenario: str) -> Path:
        return self.path / NOTES / f"{scenario}.json"

    def loose(self, scenario: str) -> list[Key]:
        """Runs of a scenario that have a note of their own, sorted."""
        found = (NOTE.fullmatch(p.name) for p in (self.path / NOTES / scenario).glob("*.json"))
        keys = sorted(Key(scenario, int(m[1]), int(m[2])) for m in found if m)
        return [key for key in keys if self.note(key).is_file()]  # 00001-0001.json is no name of ours

    def failed(self, scenario: str) -> list[Key]:
        """Runs of a scenario that failed."""
        names = [p.name for p in (self.path / NOTES / scenario).glob("*.failed.json")]
        return sorted(Key(scenario, *map(int, n.split(".")[0].split("-"))) for n in names if _RUN.fullmatch(n))

    def noted(self) -> list[str]:
        """Names under which notes lie, whatever the manifest says."""
        return sorted({name for name, _ in self._of_runs() if name})

    def _places(self) -> Iterator[tuple[str, Path]]:
        """Every folder that holds files of runs, by the name of its scenario ('' for several)."""
        for place in (NOTES, *schema.SCHEMAS):
            top = self.path / place
            if top.is_dir() and not top.is_symlink():
                inner = [p for p in sorted(top.iterdir()) if NAME.fullmatch(p.name) and not p.is_symlink()]
                yield from ((p.name, p) for p in inner if p.is_dir())
                yield "", top

    def _of_runs(self) -> Iterator[tuple[str, Path]]:
        """Every file of a run, named as this package names them, with its scenario."""
        for name, place in self._places():
            for path in sorted(place.iterdir()):
                ours = _RUN.fullmatch(path.name) if name else place.name == NOTES and path.suffix == ".json"
                if ours and not path.is_dir():
                    yield name or path.stem, path

    def clear(self) -> None:
        """Removes the files that this package wrote of runs, and the folders that this leaves empty."""
        for _, path in self._of_runs():
            path.unlink()
        for _, place in self._places():
            with suppress(OSError):  # it holds something else
                place.rmdir()

    def tidy(self) -> None:
        """Removes what an interrupted execution left half-written, and what was made of runs that may change."""
        for place in (self.path, *(place for _, place in self._places())):
            for path in place.iterdir():
                if _LEFT_OVER.fullmatch(path.name) and not path.is_dir():
                    path.unlink()
        for name in EXTRAS:
            (self.path / name).unlink(missing_ok=True)

    def strays(self, known: set[Path]) -> list[Path]:
        """Files of runs that are not among the known ones."""
        return [path for _, path in self._of_runs() if path not in known]

    def check_links(self) -> None:
        """Refuses folders of runs that lie elsewhere.

        Raises
        ------
        ResultsError
            If a folder within this one is a symbolic link.
        """
        for place in (NOTES, *schema.SCHEMAS):
            top = self.path / place
            inner = list(top.iterdir()) if top.is_dir() and not top.is_symlink() else []
            for path in (top, *inner):
                if path.is_symlink():
                    raise ResultsError(f"{path}: a symbolic link, which a results folder does not hold: replace it")


def read_file(path: Path, *, links: bool = False) -> bytes:
    """The bytes of an ordinary file; never those of a device or pipe, nor (but for ``links``) of what a link names.

    Raises
    ------
    ResultsError
        If there is none, or it cannot be read.
    """
    try:
        descriptor = _opened(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0), links=links)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ResultsError(f"{path}: cannot be read (not an ordinary file)")
            return file.read()
    except FileNotFoundError:
        what = "no results here" if path.name == "manifest.json" else "not whole"
        raise ResultsError(f"{path.parent}: {what} (there is no {path.name})") from None
    except OSError as error:
        why = "a symbolic link" if path.is_symlink() else error.strerror or error
        raise ResultsError(f"{path}: cannot be read ({why})") from error


def _opened(path: Path, flags: int, *, links: bool) -> int:
    no_link = 0 if links else getattr(os, "O_NOFOLLOW", None)
    if no_link is None and path.is_symlink():  # Windows, where few may make links
        raise OSError("a symbolic link")
    return os.open(path, flags | (no_link or 0), 0o666)


def append_line(path: Path, text: str) -> None:
    """Adds a line to a file, which is created if missing.

    Raises
    ------
    ResultsError
        If it cannot be written, or is a symbolic link.
    """
    try:
        descriptor = _opened(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, links=False)
        with os.fdopen(descriptor, "a", encoding="utf-8", newline="\n") as file:
            file.write(f"{text}\n")
    except OSError as error:
        why = "a symbolic link" if path.is_symlink() else error.strerror or error
        raise ResultsError(f"{path}: cannot be written ({why})") from error
