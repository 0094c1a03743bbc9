"""One of several parts of an experiment, each computed for itself: by its number, or as SLURM says."""

from __future__ import annotations

import os
import re
from typing import Any

from ess_sim.errors import ArgumentError, shortened
from ess_sim.results.storage.keys import Shard

__all__ = ["SLURM", "read_shard"]


SLURM = "slurm"
MOST_SHARDS = 100_000


def read_shard(given: Any) -> Shard | None:
    """What a user says of a shard.

    Parameters
    ----------
    given : str or (int, int), optional
        ``'3/40'`` or ``(3, 40)``: the third of forty. ``'slurm'``: the place of this task in its array, from the
        variables ``SLURM_ARRAY_TASK_ID``, ``_COUNT``, ``_MIN`` and ``_STEP`` of the environment.

    Raises
    ------
    ArgumentError
        For anything else, a number beyond the count, or a task that is in no array.

    Examples
    --------
    >>> read_shard("3/40")
    Shard(number=3, total=40)
    """
    if given is None:
        return None
    if given == SLURM:
        return _of_slurm()
    match = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", given) if isinstance(given, str) else None
    parts = [int(match[1]), int(match[2])] if match else given
    if not (isinstance(parts, tuple | list) and len(parts) == 2 and all(type(n) is int for n in parts)):
        raise ArgumentError(f"shard {shortened(str(given))!r}: say which of how many, as in 3/40, or {SLURM}")
    return _checked(parts[0], parts[1], f"{parts[0]}/{parts[1]}")


def _checked(number: int, count: int, said: str) -> Shard:
    if not 1 <= count <= MOST_SHARDS:
        raise ArgumentError(f"shard {said}: of at least 1 and at most {MOST_SHARDS:,} shards")
    if not 1 <= number <= count:
        raise ArgumentError(f"shard {said}: beyond its count, shards are numbered from 1 to {count}")
    return Shard(number, count)


def _of_slurm() -> Shard:
    found = {}
    for name, usual in (("ID", None), ("COUNT", None), ("MIN", 1), ("STEP", 1)):
        variable = f"SLURM_ARRAY_TASK_{name}"
        text = os.environ.get(variable, "")
        if not text and usual is not None:
            found[name] = usual
        elif not re.fullmatch(r"\d{1,9}", text):
            what = f"is {shortened(text)!r}" if text else "is not set"
            raise ArgumentError(f"shard {SLURM}: {variable} {what}: this is no task of an array (sbatch --array=1-40)")
        else:
            found[name] = int(text)
    step = max(1, found["STEP"])
    place, rest = divmod(found["ID"] - found["MIN"], step)
    said = f"{SLURM} (task {found['ID']} of {found['COUNT']} from {found['MIN']})"
    if rest or not 0 <= place < found["COUNT"]:
        raise ArgumentError(
            f"shard {said}: the array's numbers are not consecutive; to repeat some of its tasks say which shard each "
            "is, as in --shard 3/40"
        )
    return _checked(place + 1, found["COUNT"], said)
