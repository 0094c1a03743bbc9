"""Manifests as JSON, without surprises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from ess_sim.atomic import write_atomically
from ess_sim.errors import ResultsError

__all__ = ["brief", "read_manifest", "write_manifest"]


def write_manifest(path: Path | str, manifest: Mapping[str, Any]) -> None:
    """Write a manifest as JSON in UTF-8, with sorted keys: equal manifests give equal bytes.

    Raises
    ------
    ResultsError
        Where it holds something else than JSON values, or the file cannot be written.
    """
    try:
        text = json.dumps(dict(manifest), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        data = f"{text}\n".encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: the manifest is not plain data ({error})") from error
    write_atomically(path, data)


def read_manifest(path: Path | str) -> dict[str, Any]:
    """Read a manifest.

    Raises
    ------
    ResultsError
        Where the file is missing or is not a manifest.
    """
    path = Path(path)
    try:
        manifest = json.loads(path.read_bytes().decode("utf-8"), parse_constant=_no_constant)
    except FileNotFoundError:
        raise ResultsError(f"{path.parent}: no results here (there is no {path.name})") from None
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from error
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
