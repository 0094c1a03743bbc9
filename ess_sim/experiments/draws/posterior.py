"""Posterior samples of parameters, on disk and in memory: the values that ``run --draws`` uses."""

from __future__ import annotations

import json
import math
import stat
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.atomic import write_atomically
from ess_sim.errors import ParameterError, ResultsError, did_you_mean, shortened
from ess_sim.experiments.draws.origin import as_text, in_words, origin_of
from ess_sim.experiments.draws.table import MAX_BYTES, values_of
from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.inputs.catalogue.parameters import override_problems
from ess_sim.results.storage.files.manifests import read_manifest, write_manifest

__all__ = ["BUNDLED", "DRAWS", "MOST_DRAWS", "Posterior", "check_draws", "is_posterior", "read_draws"]


BUNDLED = ("national",)
"""Posteriors that come with the package, by name: files ``posterior_<name>.csv`` and ``.json`` of its data."""


DRAWS = f"a folder of ess-sim calibrate, a CSV file, or {' or '.join(BUNDLED)}, which comes with the package"
"""Where draws may come from, as messages say it."""


MOST_DRAWS = 100_000
"""Most draws of the catalogue's parameters."""


_FORMAT = "ess_sim posterior 1"
"""Format named in the manifest of a posterior."""
Draw = Mapping[str, float]


@checked
@dataclass(frozen=True)
class Posterior:
    """Equally likely parameter values.

    Attributes
    ----------
    name : str
        Name of the calibration, or of the file.
    draws : tuple of mapping of str to float
        Values by parameter, the same parameters in each.
    about : mapping
        Where it comes from, as its manifest says; of a CSV file ``notes`` on how it was read, if it was not written as
        `write` does, and ``elicited``, what is kept of whose answers it comes from, if the file beside it says it.
    manifest : str
        Path of that manifest, or ''.

    Raises
    ------
    ParameterError
        For a draw with unknown parameters or values out of range.

    Examples
    --------
    >>> Posterior("two", ({"informed_share": 0.2}, {"informed_share": 0.6})).median()
    {'informed_share': 0.4}
    """

    name: str
    draws: tuple[Draw, ...]
    about: Mapping[str, Any] = field(default_factory=dict)
    manifest: str = ""

    def __post_init__(self) -> None:
        check_draws(self.draws)

    def __len__(self) -> int:
        return len(self.draws)

    def table(self) -> pd.DataFrame:
        """One row per draw: its number (``draw``, from 1) and one column per parameter."""
        frame = pd.DataFrame(list(self.draws))
        frame.insert(0, "draw", np.arange(1, len(frame) + 1))
        return frame

    def median(self) -> dict[str, float]:
        """The median of each parameter on its own; jointly they may be unlikely, since parameters are correlated."""
        return {str(name): float(value) for name, value in pd.DataFrame(list(self.draws)).median().items()}

    @checked
    def write(self, folder: Path | str) -> None:
        """Write ``posterior.csv`` and ``manifest.json``.

        Raises
        ------
        ResultsError
            Where they cannot be written.
        """
        write_atomically(Path(folder) / "posterior.csv", as_text(self.draws).encode())
        write_manifest(Path(folder) / "manifest.json", {**self.about, "format": _FORMAT, "name": self.name})

    @classmethod
    @checked
    def read(cls, where: Path | str, folder: Path | str = ".") -> Posterior:
        """A posterior from a folder, one that comes with the package (by name), or any CSV file of parameter values.

        Parameters
        ----------
        where : path or str
            A folder of ``ess-sim calibrate``, a CSV file with one column per parameter, or one of `BUNDLED`.
        folder : path
            Folder that relative paths start from.

        Raises
        ------
        ResultsError
            If there is no posterior.
        ParameterError
            With every unknown parameter and value out of range, each ``file:line:column: what is wrong``.

        Examples
        --------
        >>> len(Posterior.read("national"))
        60
        """
        path = Path(folder) / where
        about: dict[str, Any] = {}
        name, manifest, shown = path.stem, "", str(where)
        if _is(Path.is_dir, path):
            if not is_posterior(path):
                raise ResultsError(f"{where}: not a folder of ess-sim calibrate, or an unfinished one")
            manifest, shown = str(path / "manifest.json"), str(path / "posterior.csv")
            about = _about(manifest)
            name, data = about["name"], _bytes(path / "posterior.csv")
        elif path.suffix.lower() == ".json" and _is(Path.exists, path):
            raise ResultsError(f"{where}: no table of draws: name the .csv file that it lies beside, or their folder")
        elif _is(Path.exists, path):
            data = _bytes(path)
        elif str(where) in BUNDLED:
            bundled = data_path(f"posterior_{where}.json")
            about, manifest = json.loads(bundled.read_text(encoding="utf-8")), str(bundled)
            data = data_path(f"posterior_{where}.csv").read_bytes()
        else:
            raise ResultsError(f"{where}: no posterior{did_you_mean(where, BUNDLED)}: name {DRAWS}")
        draws, notes = values_of(data, shown)
        if not about:
            origin, why = origin_of(path, draws)
            about, notes = {"elicited": origin} if origin else {}, [*notes, *([why] if why else [])]
        return cls(name, draws, {**about, "notes": notes} if notes else about, manifest)

    @property
    def origin(self) -> str:
        """Whose answers the draws come from, in a few words; '' where they are no experts'."""
        elicited = self.about.get("elicited")
        try:
            return in_words(elicited) if elicited else ""
        except (KeyError, TypeError):  # the manifest of a stranger
            return ""

    def caveats(self) -> str:
        """The warnings of its calibration, in brief; '' if there were none, or none are known.

        Examples
        --------
        >>> Posterior.read("national").caveats()[:79]
        '17 of 19 parameters not identified (their values say what was assumed); 6 × ide'
        """
        parameters = self.about.get("parameters", [])
        loose = sum(not p["identified"] for p in parameters)
        heads = Counter(text.partition(":")[0] for text in self.about.get("warnings", []))
        found = []
        if loose:
            heads.pop("not identified", None)
            found = [f"{loose} of {len(parameters)} parameters not identified (their values say what was assumed)"]
        return "; ".join([*found, *(f"{n} × {head}" if n > 1 else head for head, n in heads.items())])


def read_draws(given: str, folder: Path | str = ".") -> int | Posterior:
    """Draws as a user gives them: a number (≥ 1), or anything that `Posterior.read` can find.

    Raises
    ------
    ResultsError, ParameterError
        As `Posterior.read`, and for a number below 1.

    Examples
    --------
    >>> read_draws("50")
    50
    """
    if not given.removeprefix("-").isdecimal():
        return Posterior.read(given, folder)
    number = int(given[:10])
    if number < 1:
        raise ResultsError(f"{shortened(given)}: the number of draws must be at least 1")
    if number > MOST_DRAWS:
        raise ResultsError(f"{shortened(given)}: the number of draws must be at most {MOST_DRAWS:,}")
    return number


def is_posterior(folder: Path) -> bool:
    """Whether a folder holds what `Posterior.write` wrote."""
    try:
        return read_manifest(folder / "manifest.json").get("format") == _FORMAT
    except ResultsError:
        return False


def _is(what: Callable[[Path], bool], path: Path) -> bool:
    try:
        return what(path)
    except OSError:  # a name that is too long, a folder that may not be read
        return False


def _about(manifest: str) -> dict[str, Any]:
    """What the manifest of a posterior says, with the types that are read of it."""
    about = read_manifest(manifest)
    parameters, warnings = about.get("parameters", []), about.get("warnings", [])
    sound = isinstance(parameters, list) and all(isinstance(p, dict) and "identified" in p for p in parameters)
    if not sound or not isinstance(warnings, list) or not all(isinstance(text, str) for text in warnings):
        raise ResultsError(f"{manifest}: not a manifest of ess-sim calibrate: no such lists of parameters or warnings")
    if not isinstance(about.get("name"), str):
        raise ResultsError(f"{manifest}: not a manifest of ess-sim calibrate: its name is no text")
    return about


def _bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ResultsError(f"{path}: this is not a regular file")
        if status.st_size > MAX_BYTES:
            raise ResultsError(f"{path}: too large: a table of draws has at most {MAX_BYTES / 1e6:.0f} MB")
        return path.read_bytes()
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from error


def check_draws(draws: Sequence[Draw]) -> None:
    """Refuses draws that cannot be used in a run.

    Raises
    ------
    ParameterError
        If there are none, if they differ in their parameters, or if a parameter is unknown or out of range.
    """
    if not draws:
        raise ParameterError("no draws: a sample needs at least one")
    for number, draw in enumerate(draws, start=1):
        if set(draw) != set(draws[0]) or not draw:
            raise ParameterError(f"draw {number} does not name the same parameters as draw 1, or names none")
        problems = [(name, "is not a number") for name, value in draw.items() if not math.isfinite(value)]
        problems = problems or override_problems(draw)
        if problems:
            raise ParameterError("; ".join(f"draw {number}: {name}: {what}" for name, what in problems))
