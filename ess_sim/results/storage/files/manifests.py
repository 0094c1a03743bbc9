"""Manifests and notes as JSON, without surprises; sealed ones hold a digest of their own bytes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from ess_sim.atomic import write_atomically
from ess_sim.errors import ResultsError
from ess_sim.results.storage.files.plain import read_file

__all__ = [
    "CURE",
    "SEAL",
    "DamagedError",
    "brief",
    "read_manifest",
    "read_sealed",
    "sealed",
    "unsealed",
    "write_manifest",
    "write_sealed",
]


class DamagedError(ResultsError):
    """A file of this package that no longer says what was written; running the experiment again replaces it."""


CURE = "the command that made these results makes it again"
"""What to do about damage."""


SEAL = "sha256"
"""Key of a sealed manifest under which the digest of all its other bytes stands."""


_SEALED = re.compile(rb'^  "' + SEAL.encode() + rb'": "([0-9a-f]{64})"', re.MULTILINE)
# only a key of the outermost mapping stands behind two spaces, and text in JSON holds no line break


def write_manifest(path: Path | str, manifest: Mapping[str, Any]) -> None:
    """Write a manifest as JSON in UTF-8, with sorted keys: equal manifests give equal bytes.

    Raises
    ------
    ResultsError
        Where it holds something else than JSON values, or the file cannot be written.
    """
    write_atomically(path, _encoded(path, manifest))


def write_sealed(path: Path | str, manifest: Mapping[str, Any]) -> None:
    """Write a manifest with a digest of its own bytes, so that `read_sealed` finds any byte that has changed."""
    write_atomically(path, sealed(path, manifest))


def sealed(path: Path | str, manifest: Mapping[str, Any]) -> bytes:
    """A manifest as bytes that hold a digest of themselves; ``path`` is for messages."""
    blank = "0" * 64
    data = _encoded(path, {**manifest, SEAL: blank})
    match = _SEALED.search(data)
    assert match
    start, end = match.span(1)
    return data[:start] + _digest_around(data, start, end) + data[end:]


def _encoded(path: Path | str, manifest: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(dict(manifest), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        return f"{text}\n".encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: the manifest is not plain data ({error})") from error


def _digest_around(data: bytes, start: int, end: int) -> bytes:
    digest = hashlib.sha256(data[:start])
    digest.update(data[end:])
    return digest.hexdigest().encode()


def read_manifest(path: Path | str) -> dict[str, Any]:
    """Read a manifest.

    Raises
    ------
    ResultsError
        Where the file is missing or is not a manifest.
    """
    return _decoded(Path(path), read_file(Path(path), links=True))


def read_sealed(path: Path | str) -> dict[str, Any]:
    """Read a manifest that `write_sealed` wrote, without its seal.

    Raises
    ------
    DamagedError
        Where its bytes are not those that were written.
    ResultsError
        Where the file is missing or cannot be read.
    """
    return unsealed(Path(path), read_file(Path(path)))


def unsealed(path: Path, data: bytes) -> dict[str, Any]:
    """What `sealed` made bytes of; ``path`` is for messages.

    Raises
    ------
    DamagedError
        Where the bytes are others.
    """
    seals = list(_SEALED.finditer(data))
    if len(seals) != 1 or _digest_around(data, *seals[0].span(1)) != seals[0][1]:
        raise DamagedError(f"{path}: damaged or changed: its bytes are not those that were written; {CURE}")
    manifest = _decoded(path, data)
    del manifest[SEAL]
    return manifest


def _decoded(path: Path, data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: not a manifest ({brief(error)})") from error
    if not isinstance(manifest, dict):
        raise ResultsError(f"{path}: not a manifest of ess_sim results")
    return manifest


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def brief(error: BaseException) -> str:
    """The first line of an exception, shortened."""
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
