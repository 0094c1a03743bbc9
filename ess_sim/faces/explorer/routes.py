"""What each address of the explorer answers; no transport, and no path that a client names."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ess_sim.experiments.estimate import Estimate, estimated, memory_here
from ess_sim.faces.explorer.asked import Asked, Body, malformed, number_or_none, text, whole
from ess_sim.faces.explorer.base import Base, of_place
from ess_sim.faces.explorer.exports import Exports, texts
from ess_sim.faces.explorer.messages import RefusedError, limits_of, noting, refuse
from ess_sim.faces.explorer.runs.desk import Desk
from ess_sim.faces.words.glossary import LANGUAGES, Language
from ess_sim.inputs.territory.contours.contours import contours
from ess_sim.inputs.territory.countries.registry import COUNTRIES, KINDS
from ess_sim.inputs.territory.countries.search import search_territories
from ess_sim.inputs.territory.population import in_french
from ess_sim.inputs.territory.territory import Territory

__all__ = ["Routes"]


_MOST_BASES, _MOST_HITS, _MOST_DRAWN, _MOST_TURNS = 8, 40, 3_000, 2**31
_GB = 1e9


class Routes:
    """The explorer's answers. Each is there within a second or so: a page asks again for what takes longer.

    Parameters
    ----------
    desk : Desk
    exports : Exports
    given : Base, optional
        The base that the command line names.
    """

    def __init__(self, desk: Desk, exports: Exports, given: Base | None = None) -> None:
        self._desk, self._exports, self._given = desk, exports, given
        self._bases: OrderedDict[str, Base] = OrderedDict()
        self._lock = threading.Lock()
        self.answers: Mapping[str, Callable[[Body], Any]] = {
            "/api/search": self.search,
            "/api/place": self.place,
            "/api/file": self.file,
            "/api/run": self.run,
            "/api/news": self.news,
            "/api/texts": self.texts,
            "/api/export": self.export,
            "/api/exports": self.exports,
            "/api/stop": self.stop,
        }

    def search(self, body: Body) -> list[dict[str, Any]]:
        """Places whose name or code holds a text, the largest of each kind first."""
        wanted = text(body, "text", 100).strip()
        if len(wanted) < 2:
            return []
        found = search_territories(wanted)
        whole_ones = [c for c in COUNTRIES if c.key and wanted.casefold() in c.name.casefold()]
        out: list[dict[str, Any]] = [
            {"key": c.key, "code": "", "name": c.name, "kind": {"en": "country", "fr": "pays"}} for c in whole_ones
        ]
        for row in found.head(_MOST_HITS).to_dict("records"):
            en, fr = KINDS[row["kind"]].words
            out.append(
                {
                    "key": row["kind"],
                    "code": row["code"],
                    "name": row["name"],
                    "kind": {"en": en, "fr": fr},
                    "departement": row["departement"],
                    "population": int(row["population"]),
                    "members": int(row["members"]),
                }
            )
        return out

    def place(self, body: Body) -> dict[str, Any]:
        """The base of a place: its zones, and what to begin with."""
        lang = _language(body)
        key, code = text(body, "key", 30), text(body, "code", 20)
        if key not in KINDS and key not in {c.key for c in COUNTRIES if c.key}:
            malformed("key: no kind of place")
        start = text(body, "start", 10) or None
        problems: list[dict[str, Any]] = []
        years, share = 1, None
        with noting(problems):
            years = whole(body, "years", 1, 60)
        with noting(problems):
            share = number_or_none(body, "without_mt")
            if share is not None and not 0 <= share <= 1:
                refuse(422, "percent", where="without_mt")
        if problems:
            raise RefusedError(422, problems)
        known = hashlib.sha256(json.dumps([key, code, start, years, share, lang]).encode()).hexdigest()[:16]
        base = self._base(known)
        return self._opened(known, base or of_place(key, code, start=start, years=years, without_mt=share, lang=lang))

    def file(self, _: Body) -> dict[str, Any]:
        """The base that the command line names."""
        if self._given is None:
            refuse(404, "no_file")
        return self._opened("file", self._given)

    def run(self, body: Body) -> dict[str, Any]:
        """A study in the place of what the page has asked for before; `news` says how far it is.

        With ``limits``: of each variant, `limits_of`.
        """
        asked, page = self._asked(body), text(body, "page", 40)
        turn = whole(body, "turn", 0, _MOST_TURNS)
        study = self._desk.start(page, turn, asked.scenarios, asked.seed, asked.replications)
        return {"study": study.key, "limits": [limits_of(variant) for variant in asked.variants]}

    def news(self, body: Body) -> dict[str, Any]:
        """How far a study is: at once if that is not what the page has seen, else within a second."""
        return self._desk.news(text(body, "study", 40), text(body, "seen"))

    def texts(self, body: Body) -> list[dict[str, str]]:
        """The scenario files, as `write_scenario` writes them."""
        return [{"name": name, "text": file} for name, file in texts(self._asked(body).scenarios).items()]

    def export(self, body: Body) -> dict[str, Any]:
        """Begins a folder with files, results and report: what ``ess-sim run`` makes of the files."""
        asked = self._asked(body)
        if not asked.variants:
            refuse(422, "no_variant")
        key, lang = text(body, "key", 40), _language(body)
        return self._exports.start(
            key, asked.base.stem, asked.scenarios, asked.seed, asked.replications, lang=lang
        ).said()

    def exports(self, _: Body) -> list[dict[str, Any]]:
        """How far folders are that any page has asked for."""
        return self._exports.shown()

    def stop(self, body: Body) -> list[dict[str, Any]]:
        """Stops the making of a folder."""
        self._exports.stop(text(body, "key", 40))
        return self._exports.shown()

    def _base(self, key: str) -> Base | None:
        with self._lock:
            if key in self._bases:
                self._bases.move_to_end(key)
            return self._bases.get(key)

    def _opened(self, key: str, base: Base) -> dict[str, Any]:
        size = _checked_size(base)
        with self._lock:
            self._bases[key] = base
            while len(self._bases) > _MOST_BASES:
                self._bases.popitem(last=False)
        calendar = base.baseline.calendar
        baseline = base.baseline
        return {
            "base": key,
            "title": {lang: baseline.title.to(lang) or baseline.name for lang in LANGUAGES},
            "place": {"en": base.territory.name, "fr": in_french(base.territory.name)},
            "start": str(calendar.start),
            "end": str(calendar.end),
            "seconds": size.seconds,
            "zones": _zones(base.territory),
            "standards": base.standards,
            "gps": base.gps,
            "policies": list(base.begun),
            "notes": [{"en": words.en, "fr": words.fr} for words in base.notes],
        }

    def _asked(self, body: Body) -> Asked:
        base = self._base(text(body, "base", 40))
        return refuse(410, "put_away") if base is None else Asked.of(base, body)


def _language(body: Body) -> Language:
    """The page's language."""
    lang = body.get("lang")
    return lang if lang in LANGUAGES else malformed("lang: en or fr")


def _zones(place: Territory) -> list[dict[str, Any]]:
    """Zones with their contours in degrees; without, where there are none or too many for a map."""
    found = contours(place.zones) if len(place.zones) <= _MOST_DRAWN else {}
    rows = zip(place.zones, place.zone_names, place.adults, place.longitude, place.latitude, strict=True)
    return [
        {
            "code": code,
            "name": name,
            "adults": int(adults),
            "at": [round(float(x), 4), round(float(y), 4)],
            "rings": [np.round(ring, 4).tolist() for polygon in found.get(code, []) for ring in polygon],
        }
        for code, name, adults, x, y in rows
    ]


def _checked_size(base: Base) -> Estimate:
    """What a run takes; refuses what does not fit into this machine."""
    size, here = estimated([base.baseline], 1), memory_here()
    if here is not None and size.memory > here:
        refuse(422, "memory", round(size.memory / _GB, 1), round(here / _GB, 1))
    return size
