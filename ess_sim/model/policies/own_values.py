"""Values that own code uses, as texts: equal values give equal texts in every process."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import hashlib
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

__all__ = ["LASTING", "text_of_value"]


_PLAIN = (bool, int, float, complex, str, bytes, type(None))
LASTING = (*_PLAIN, tuple, frozenset, datetime.date, datetime.timedelta, enum.Enum, Decimal, Fraction, PurePath)
"""Types whose values never change."""
_DEEPEST = 20


def text_of_value(value: Any, depth: int = 0) -> str:
    """Plain data, arrays, frames and models in full; of anything else its type only.

    >>> text_of_value({"b": 1, "a": {3, 2}}) == text_of_value({"a": {2, 3}, "b": 1})
    True
    """
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if depth > _DEEPEST:
        return kind
    deeper = depth + 1
    if isinstance(value, enum.Enum):
        return f"{kind}.{value.name}"
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, datetime.date | datetime.timedelta | datetime.time | Decimal | Fraction | PurePath):
        return f"{kind}({value})"
    if isinstance(value, tuple | list):
        return f"{kind}[{', '.join(text_of_value(item, deeper) for item in value)}]"
    if isinstance(value, set | frozenset):
        return f"{kind}[{', '.join(sorted(text_of_value(item, deeper) for item in value))}]"
    if isinstance(value, dict):
        items = sorted(f"{text_of_value(k, deeper)}: {text_of_value(v, deeper)}" for k, v in value.items())
        return f"{kind}[{', '.join(items)}]"
    if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
        return f"{kind}[{value.dtype.str}, {value.shape}, {hashlib.sha256(value.tobytes()).hexdigest()}]"
    if isinstance(value, pd.DataFrame | pd.Series):
        table = value.to_csv(float_format="%.17g")
        return f"{kind}[{hashlib.sha256(str(table).encode()).hexdigest()}]"
    if isinstance(value, BaseModel):
        return f"{kind}{text_of_value({name: getattr(value, name) for name in type(value).model_fields}, deeper)}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return f"{kind}{text_of_value({f.name: getattr(value, f.name) for f in dataclasses.fields(value)}, deeper)}"
    return kind
