"""A tree of plain values written as YAML."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import yaml

from ess_sim.inputs.documents.scalars import plain

__all__ = ["Dumper", "dump"]


class Dumper(yaml.SafeDumper):
    """Writes text in quotes unless every YAML reader takes it for text (or for a date) without them."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the signature is PyYAML's)
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        value, complaint = plain(data) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", data) else (None, "?")
        if isinstance(value, date) and not complaint:  # read back as a date or as text, whichever is wanted
            return self.represent_scalar("tag:yaml.org,2002:timestamp", data)
        style = None if isinstance(value, str) and not complaint else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


Dumper.add_representer(str, Dumper.text)


def dump(data: Any) -> str:
    """Plain data as YAML text that this module reads back as the same values."""
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)
