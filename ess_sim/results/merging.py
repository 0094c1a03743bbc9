"""Shards of an experiment joined to the very folder that one execution would have written."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from ess_sim import atomic
from ess_sim.arguments import checked
from ess_sim.errors import ResultsError
from ess_sim.results.results import Results
from ess_sim.results.storage import described
from ess_sim.results.storage.files.plain import append_line, read_file
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import Key, Shard, planned

__all__ = ["merge_shards"]


@checked
def merge_shards(shards: Sequence[Path | str], *, out: Path | str) -> Results:
    """Join all shards of an experiment (`run_experiment` with ``shard``) in a new folder.

    The result is that of an experiment that was never divided, byte for byte; only ``run.log`` holds the lines of all
    shards. The shards stay as they are. No run is simulated, and no table decoded.

    Parameters
    ----------
    shards : sequence of path
        The folders of all shards, in any order.
    out : path
        A folder that does not exist, or is empty. It appears when it is whole.

    Returns
    -------
    Results
        Read from ``out``.

    Raises
    ------
    ResultsError
        With all that is wrong: a folder that is no shard, or one of another experiment, of another layout or damaged; a
        shard that is there twice, or not at all; every run that is missing; an output folder that holds something.
        Nothing is written then.
    """
    target = atomic.users_path(out)
    folders, problems = _read(shards)
    try:
        atomic.check_output_folder(target)
    except ResultsError as error:
        problems.append(str(error))
    problems += _of_one_batch(folders)
    if not problems:
        problems = list(_missing(folders))
    if problems:
        raise ResultsError("\n".join(problems))
    temporary = target.with_name(f".{target.name[:50]}.{secrets.token_hex(8)}.part")
    try:
        with atomic.lock(temporary):
            _join(folders, temporary)
        if target.exists():
            shutil.rmtree(target)  # empty, but for a lock that no run holds
        temporary.rename(target)
    except OSError as error:
        raise ResultsError(f"{target}: cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Results.read(target)


def _read(paths: Sequence[Path | str]) -> tuple[list[Folder], list[str]]:
    """The shards that can be read, and what is wrong with the others."""
    if not paths:
        return [], ["no shard: name the folders of all of them"]
    folders, problems, seen = [], [], set[Path]()
    for given in paths:
        try:
            path = atomic.users_path(given)
            if path.resolve() in seen:
                problems.append(f"{path}: named twice")
                continue
            seen.add(path.resolve())
            folder = Folder.read(path)
            folder.summaries()
        except ResultsError as error:
            problems.append(str(error))
            continue
        if folder.manifest["shard"] is None:
            problems.append(f"{path}: no shard, but a whole experiment")
        else:
            folders.append(folder)
    return folders, problems


def _of_one_batch(folders: Sequence[Folder]) -> list[str]:
    """In what shards speak of several experiments, and which of them are there twice."""
    problems = []
    there: dict[Shard, Path] = {}
    for folder in folders:
        first, shard = folders[0], Shard(*folder.manifest["shard"])
        other = described.differences(first.manifest, folder.manifest | {"shard": first.manifest["shard"]})
        if shard.total != first.manifest["shard"][1]:
            other = [f"the number of shards ({shard.total}, not {first.manifest['shard'][1]})"]
        if other:
            problems.append(f"{folder.path}: of another experiment than {first.path}: it differs in {', '.join(other)}")
        elif shard in there:
            problems.append(f"{folder.path}: shard {shard} once more, which {there[shard]} is already")
        else:
            there[shard] = folder.path
    return problems


def _missing(folders: Sequence[Folder]) -> Iterable[str]:
    """Every run that is not there, by shard."""
    manifest = folders[0].manifest
    drawn = manifest["draws"]
    numbers = range(1, drawn["n"] + 1) if drawn else [0]
    runs = list(planned(manifest["order"], numbers, manifest["replications"]))
    there = {Shard(*folder.manifest["shard"]): folder for folder in folders}
    count = manifest["shard"][1]
    for shard in (Shard(number, count) for number in range(1, count + 1)):
        folder = there.get(shard)
        asked = runs[shard.of(len(runs))]
        if folder is None:
            yield f"shard {shard} is missing: {_in_words(asked)}"
        elif left := [key for key in asked if not folder.holds(key)]:
            yield f"{folder.path}: its command has to be repeated, as runs are missing: {_in_words(left)}"


def _in_words(keys: Sequence[Key]) -> str:
    """Runs by name, those in a row by the first and the last of them."""
    said = []
    for (scenario, draw), group in groupby(sorted(keys), key=lambda key: (key.scenario, key.draw)):
        numbers = [key.replication for key in group]
        rows = [[n for _, n in row] for _, row in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
        spans = ", ".join(str(row[0]) if len(row) == 1 else f"{row[0]}–{row[-1]}" for row in rows)
        drawn = f", draw {draw}" if draw else ""
        said.append(f"{scenario}{drawn}, replication{'s'[: len(numbers) > 1]} {spans}")
    return "; ".join(said)


def _join(folders: Sequence[Folder], path: Path) -> None:
    whole = Folder.open(path, {**folders[0].manifest, "shard": None}, overwrite=False)
    for folder in sorted(folders, key=lambda f: f.manifest["shard"]):
        whole.take(folder)
        if folder.at.log.exists():
            append_line(whole.at.log, read_file(folder.at.log).decode("utf-8", "replace").rstrip("\n"))
    if problems := whole.put_in_order():
        raise ResultsError("\n".join(problems))
    whole.close(len(whole.finished()))
