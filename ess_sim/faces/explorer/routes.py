"""What each address of the explorer answers; no transport, and no path that a client names."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ess_sim.errors import EssSimError, Problem, ScenarioError
from ess_sim.experiments.estimate import Estimate, estimated, in_bytes, memory_here
from ess_sim.faces.explorer.base import LETTERS, Base, of_place
from ess_sim.faces.explorer.desk import Desk
from ess_sim.faces.explorer.exports import Exports, texts
from ess_sim.faces.words.glossary import LANGUAGES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.contours.contours import contours
from ess_sim.inputs.territory.countries.registry import COUNTRIES, KINDS
from ess_sim.inputs.territory.countries.search import search_territories
from ess_sim.inputs.territory.territory import Territory

__all__ = ["MOST_REPLICATIONS", "RefusedError", "Routes"]


MOST_REPLICATIONS = 200
_MOST_SEED = 2**31
_MOST_BASES, _MOST_HITS, _MOST_POLICIES, _MOST_DRAWN = 8, 40, 20, 3_000

Body = Mapping[str, Any]


class RefusedError(Exception):
    """A request that cannot be answered: its status, and what is wrong, each with its place."""

    def __init__(self, status: int, problems: list[dict[str, Any]]) -> None:
        super().__init__(status)
        self.status, self.problems = status, problems


def _malformed(what: str) -> NoReturn:
    raise RefusedError(400, [{"where": "", "what": what}])


def _text(body: Body, key: str, most: int = 200) -> str:
    value = body.get(key)
    return value if isinstance(value, str) and len(value) <= most else _malformed(f"{key}: must be a short text")


def _whole(body: Body, key: str, least: int, most: int) -> int:
    value = body.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise RefusedError(422, [{"where": key, "what": f"must be a whole number from {least:,} to {most:,}"}])


def _number_or_none(body: Body, key: str) -> float | None:
    value = body.get(key)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise RefusedError(422, [{"where": key, "what": "must be a number"}])


@dataclass(frozen=True)
class _Asked:
    """Scenarios to run: the baseline and variants of it, with the number of each variant on the page."""

    base: Base
    variants: list[Scenario]
    seed: int
    replications: int


class Routes:
    """The explorer's answers.

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
        self.answers: Mapping[str, Callable[[Body], Any]] = {
            "/api/search": self.search,
            "/api/place": self.place,
            "/api/file": self.file,
            "/api/run": self.run,
            "/api/texts": self.texts,
            "/api/export": self.export,
        }

    def search(self, body: Body) -> list[dict[str, Any]]:
        """Places whose name or code holds a text, the largest of each kind first."""
        text = _text(body, "text", 100).strip()
        if len(text) < 2:
            return []
        found = search_territories(text)
        whole = [c for c in COUNTRIES if c.key and text.casefold() in c.name.casefold()]
        out: list[dict[str, Any]] = [
            {"key": c.key, "code": "", "name": c.name, "kind": {"en": "country", "fr": "pays"}} for c in whole
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
        lang = body.get("lang")
        if lang not in LANGUAGES:
            _malformed("lang: en or fr")
        key, code = _text(body, "key", 30), _text(body, "code", 20)
        if key not in KINDS and key not in {c.key for c in COUNTRIES if c.key}:
            _malformed("key: no kind of place")
        start = _text(body, "start", 10) or None
        years, share = _whole(body, "years", 1, 60), _number_or_none(body, "without_mt")
        return self._opened(of_place(key, code, start=start, years=years, without_mt=share, lang=lang))

    def file(self, _: Body) -> dict[str, Any]:
        """The base that the command line names."""
        if self._given is None:
            raise RefusedError(404, [{"where": "", "what": "no scenario file was given"}])
        return self._opened(self._given)

    def run(self, body: Body) -> Generator[dict[str, Any], None, None]:
        """Pairs of runs as they come in; whatever the page has asked for before is given up."""
        asked = self._asked(body)
        page = _text(body, "page", 40)
        study = self._desk.start(page, [asked.base.baseline, *asked.variants], asked.seed, asked.replications)

        def states() -> Generator[dict[str, Any], None, None]:
            try:
                yield from self._desk.states(study)
            finally:
                self._desk.stop(study)

        return states()

    def texts(self, body: Body) -> list[dict[str, str]]:
        """The scenario files, as `write_scenario` writes them."""
        asked = self._asked(body)
        found = texts([asked.base.baseline, *asked.variants])
        return [{"name": name, "text": text} for name, text in found.items()]

    def export(self, body: Body) -> Generator[dict[str, Any], None, None]:
        """Files, results and report in a new folder: what ``ess-sim run`` makes of the files."""
        asked = self._asked(body)
        if not asked.variants:
            raise RefusedError(422, [{"where": "", "what": "there is no variant yet"}])
        scenarios = [asked.base.baseline, *asked.variants]
        return self._exports.run(asked.base.stem, scenarios, asked.seed, asked.replications)

    def _opened(self, base: Base) -> dict[str, Any]:
        size = _checked_size(base)
        key = secrets.token_hex(8)
        self._bases[key] = base
        while len(self._bases) > _MOST_BASES:
            self._bases.popitem(last=False)
        calendar = base.baseline.calendar
        return {
            "base": key,
            "title": base.baseline.title or base.baseline.name,
            "place": base.territory.name,
            "start": str(calendar.start),
            "end": str(calendar.end),
            "seconds": size.seconds,
            "zones": _zones(base.territory),
            "standards": base.standards,
            "gps": base.gps,
            "policies": list(base.begun),
        }

    def _asked(self, body: Body) -> _Asked:
        """What a page asks for; all that is wrong with it at once."""
        base = self._bases.get(_text(body, "base", 40))
        if base is None:
            raise RefusedError(410, [{"where": "", "what": "this territory was put away: choose it again"}])
        self._bases.move_to_end(body["base"])
        replications = _whole(body, "replications", 1, MOST_REPLICATIONS)
        seed, given = _whole(body, "seed", 0, _MOST_SEED), body.get("variants")
        if not isinstance(given, list) or len(given) > len(LETTERS):
            _malformed(f"variants: must be a list of at most {len(LETTERS)}")
        problems: list[dict[str, Any]] = []
        made = []
        for i, variant in enumerate(given):
            number, title, policies = _parts(i, variant)
            try:
                made.append(base.variant(number, title, policies))
            except ScenarioError as error:
                problems += [{"variant": i, **_placed(problem)} for problem in error.problems]
            except EssSimError as error:
                problems.append({"variant": i, "where": "", "what": str(error)})
        if problems:
            raise RefusedError(422, problems)
        if len({scenario.name for scenario in made}) < len(made):
            _malformed("variants: two have one number")
        return _Asked(base, made, seed, replications)


def _parts(i: int, variant: Any) -> tuple[int, str, list[Any]]:
    """Number, title and policies of a variant."""
    if not isinstance(variant, dict):
        _malformed(f"variants[{i}]: must be an object")
    policies = variant.get("policies")
    if not isinstance(policies, list) or not 0 < len(policies) <= _MOST_POLICIES:
        _malformed(f"variants[{i}].policies: must be a list of 1 to {_MOST_POLICIES}")
    return _whole(variant, "number", 0, len(LETTERS) - 1), _text(variant, "title"), policies


def _placed(problem: Problem) -> dict[str, Any]:
    return {"where": problem.where, "what": problem.what}


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
        what = f"a run needs about {in_bytes(size.memory)} of memory, and this machine has {in_bytes(here)}"
        raise ScenarioError(what)
    return size
