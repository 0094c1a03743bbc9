"""The schema as a file, and the first line of a scenario file by which editors find it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ess_sim.atomic import write_atomically
from ess_sim.faces.schema.scenario_schema import made_by, scenario_schema

__all__ = ["FILE", "header", "schema_text", "write_beside"]


FILE = "scenario.schema.json"
"""What the schema is called beside the files of ``ess-sim new`` and ``ess-sim scenarios --copy``."""


def header(above: int = 0) -> str:
    r"""The line that names the schema, which lies so many folders above the file.

    >>> header(1)
    '# yaml-language-server: $schema=../scenario.schema.json\n'
    """
    return f"# yaml-language-server: $schema={'../' * above}{FILE}\n"


def schema_text(schema: Mapping[str, Any]) -> str:
    """A schema as a file holds it."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def write_beside(folder: Path) -> Path | None:
    """Writes the scenarios' schema into a folder, in the place of an earlier one.

    Returns
    -------
    pathlib.Path or None
        None where something else is called so, which stays.
    """
    path = folder / FILE
    if os.path.lexists(path) and not _ours(path):
        return None
    write_atomically(path, schema_text(scenario_schema()).encode())
    return path


def _ours(path: Path) -> bool:
    known = made_by().partition(",")[0]
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and str(said.get("$comment", "")).startswith(known)
