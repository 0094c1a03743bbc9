"""Parts of a zone that become zones of their own."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Quarter"]


@dataclass(frozen=True)
class Quarter:
    """A part of a zone that becomes a zone of its own.

    Attributes
    ----------
    code, name : str
        Code of the new zone, different from every other zone's, and its name.
    of : str
        Code of the zone that it is a part of.
    residents : int
        Residents of all ages, at most as many as the whole zone has.
    latitude, longitude : float
        Its middle, degrees (WGS84).
    """

    code: str
    name: str
    of: str
    residents: int
    latitude: float
    longitude: float
