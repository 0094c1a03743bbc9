"""The state of one run: clock, residents, doctors, centres, levers, streams, journal. It decides nothing itself.

Behaviours (generator functions in the modules above) move it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ess_sim import elementary
from ess_sim.clock import Calendar, Phase
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.gp_ages import mixture
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.residents.quantities import LEVERS, bent_rates, rates_by_zone
from ess_sim.model.residents.residents import Residents
from ess_sim.model.world.claims import Claim, PolicyClaim
from ess_sim.model.world.events import At, Days
from ess_sim.model.world.halo import Halo
from ess_sim.model.world.journal import Journal
from ess_sim.model.world.levers import Levers, Place
from ess_sim.model.world.records import (
    Centre,
    Gp,
    Intern,
    Newcomer,
    Retiree,
    SalariedGp,
)
from ess_sim.model.world.roster import Roster
from ess_sim.streams import Streams

__all__ = ["World"]


class World(Journal):
    """The state of one run.

    Attributes
    ----------
    residents : Residents
        Set once, when day 0 is ready.
    start_gps : StartGps
        List-holders of day 0 by zone.
    gps_mixture : tuple of (str, int)
        Départements whose GPs' ages hold for the pools of retired GPs and of GPs in other work, and their weights.
    rates : mapping of str to float array, shape (zones,)
        Residents' rates that a scenario may state by zone, under their names in the catalogue, while nothing is bent.
    gps : Roster
        List-holding liberal GPs in practice, by name.
    halo : Halo, optional
        Those who practise around the territory, if residents and GPs there take part in the run.
    retired : dict of str to Retiree
        The département's pool of retired GPs.
    centres : dict of str to Centre
    claims : list of Claim
        Today's claims on retired GPs and on GPs in other work.
    policy_claims : list of PolicyClaim
        Today's wishes of policies for GPs or interns.
    others : dict of str to SalariedGp
        GPs of the territory in other work; followed from the first centre on.
    former : list of Gp
        List-holders who left for other work before it was followed.
    offer_post, on_other_work : callable
        Set by `salaried`, once a centre has opened: offers a vacant post to a newcomer (true: she took it); takes a
        list-holder who leaves for other work.
    extra_interns : dict of str to (zone, places)
        Places that policies open with supervisors of a zone, by sponsor.
    interns : list of Intern
        In training, with a semester in the territory.
    closed_below : dict of str to float
        Share without MT below which a zone is closed to newcomers, by the policy that says so.
    near : dict of int to list of lists of int
        Zones from which lists are taken over, by zone, once they were asked for: see `handover`.
    on_settled : list of callables
        Called with every newcomer who settles, and the zone that she would have chosen if no lever were bent (−1:
        none).
    """

    residents: Residents

    def __init__(self, scenario: Scenario, territory: Territory, parameters: Parameters, streams: Streams) -> None:
        super().__init__(len(territory.zones))
        self.scenario = scenario
        self.territory = territory
        self.start_gps = start_gps(scenario, territory, parameters)
        self.gps_mixture = mixture(territory, self.start_gps.by_zone)
        self.parameters = parameters
        self.streams = streams
        self.calendar: Calendar = scenario.calendar
        self.levers = Levers()
        self.rates = rates_by_zone(scenario.residents.rates, territory.zones, parameters)
        self.levers.on_change((*LEVERS, "physical_relief"), self._bend_residents)
        self.levers.on_change(["target_ratio"], self._bend_targets)
        zones = len(territory.whole.zones)
        self.gps = Roster(zones)
        self.halo = None if territory.halo is None else Halo(_log(territory.halo.adults), Roster(zones))
        self.retired: dict[str, Retiree] = {}
        self.centres: dict[str, Centre] = {}
        self.claims: list[Claim] = []
        self.policy_claims: list[PolicyClaim[Any]] = []
        self.others: dict[str, SalariedGp] = {}
        self.former: list[Gp] = []
        self.offer_post: Callable[[Newcomer], bool] | None = None
        self.on_other_work: Callable[[Gp], None] | None = None
        self.extra_interns: dict[str, tuple[int, int]] = {}
        self.interns: list[Intern] = []
        self.closed_below: dict[str, float] = {}
        self.near: dict[int, list[list[int]]] = {}
        self.on_settled: list[Callable[[Gp, int], None]] = []
        self.care_paid_to = 0  # day up to which ordinary care is paid for
        # since then, in the territory and in its halo: adult-years on released lists for which centres were paid
        self.cared_for = [0.0, 0.0]
        self.seen_in_centres = [0.0, 0.0]  # consultations that centres take off liberal practices
        self.log_adults = _log(territory.adults)  # by zone
        self.usual_capacity = np.zeros(len(territory.zones))  # of a GP per FTE, by zone; set when day 0 is ready
        self.part_for_residents = 1.0  # of GPs' places, day 0 being 1: the others are for residents of elsewhere
        self._names: set[str] = set()
        self._env = Days()
        self._behaviours: list[Generator[Any, Any, None]] = []

    # --- clock ----------------------------------------------------------------------------------------------------

    @property
    def today(self) -> int:
        """Whole days since the start."""
        return int(self._env.now)

    @property
    def year(self) -> int:
        """Today's calendar year."""
        return self.calendar.year(self.today)

    def at(self, day: int, phase: Phase, who: str) -> At:
        """An event to ``yield``: wakes on that day and phase; equal phases go by a rank that depends on ``who``."""
        self.levers.check_entered()
        return At(self._env, day, phase, who)

    def begin(self, behaviour: Generator[Any, Any, None]) -> None:
        """Starts a behaviour today."""
        self._env.process(behaviour)
        self._behaviours.append(behaviour)

    def run(self) -> None:
        """Runs to the horizon, its last day's records included; then every behaviour ends."""
        self._env.run(until=self.at(self.calendar.horizon, Phase.END, "end"))
        self.levers.check_entered()
        # a behaviour that waits for ever holds the world for ever: its memory would not be there for the next run
        self.levers.drop_callbacks()
        for behaviour in self._behaviours:
            behaviour.close()

    def first_of_months(self) -> Iterator[int]:
        """First days of the coming months, without end."""
        today = self.calendar.date(self.today)
        year, month = today.year, today.month
        while True:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
            yield self.calendar.day(date(year, month, 1))

    def settling_days(self, last: int) -> Iterator[int]:
        """First days of the coming months before ``last``, then ``last``: what goes by the month is settled then."""
        for day in self.first_of_months():
            if day >= last:
                break
            yield day
        yield last

    def unique_name(self, wanted: str) -> str:
        """``wanted``, or ``wanted-2`` and so on where a centre or sponsor already bears it."""
        name, n = wanted, 1
        while name in self._names:
            n += 1
            name = f"{wanted}-{n}"
        self._names.add(name)
        return name

    # --- residents ------------------------------------------------------------------------------------------------

    def _bend_residents(self, _: Place) -> None:
        """Passes bent levers on to the residents, from today on."""
        self.residents.advance(self.today)
        around = np.zeros(len(self.territory.whole.zones) - self.own_zones)
        bent = {name: np.concatenate([self.by_zone(name), around]) for name in LEVERS}
        self.residents.set_rates(bent_rates(self.rates_everywhere, self.levers["physical_relief"], **bent))

    def _bend_targets(self, place: Place) -> None:
        """Passes bent targets on to the practices of the place, from today on."""
        if isinstance(place, int):
            gps = list(self.gps.in_zone(place))
        elif place:
            gps = [self.gps[place]] if place in self.gps else []
        else:
            gps = list(self.gps.values())
        for gp in gps:
            self.apply_target(gp)

    @cached_property
    def rates_everywhere(self) -> dict[str, NDArray[np.float64]]:
        """`rates` of the territory's zones, then those of its halo, of which no scenario speaks."""
        halo = self.territory.halo
        if halo is None:
            return self.rates
        around = rates_by_zone(None, halo.zones, self.parameters)
        return {name: np.concatenate([here, around[name]]) for name, here in self.rates.items()}

    def gps_around(self, zone: int) -> Roster:
        """The list-holding GPs among whom one of this zone practises: the territory's, or those of its halo."""
        if zone < self.own_zones:
            return self.gps
        assert self.halo is not None
        return self.halo.gps

    def usual_capacity_in(self, zone: int) -> float:
        """Capacity per FTE that is usual in the département of a zone, of the territory or of its halo."""
        if zone < self.own_zones:
            return float(self.usual_capacity[zone])
        assert self.halo is not None
        return float(self.halo.usual_capacity[zone - self.own_zones])

    def bent_for(self, lever: str, gp: Gp) -> float:
        """A lever everywhere, in a GP's zone and for her, together; policies do not reach into the halo."""
        return self.levers.at(lever, gp.zone, gp.name) if gp.zone < self.own_zones else 0.0

    def by_zone(self, lever: str) -> NDArray[np.float64]:
        """A lever in each zone, shape (zones,)."""
        return self.levers.by_zone(lever, len(self.territory.zones))

    def apply_target(self, gp: Gp) -> None:
        """Writes a GP's target: her own, bent by the lever, with what a docteur junior adds, less what others take."""
        junior = self.parameters["junior_target_residents"] if gp.junior else 0.0
        gain = 1.0 + self.bent_for("target_ratio", gp)
        target = max(0.0, float(round((gp.base_target * gain + junior) * gp.part_for_residents)))
        self.residents.adjust(self.today, gp.slot, target=target)

    def on_retirement(self, name: str, birth_year: int, woman: bool = False) -> None:
        """A GP joins the pool of retired GPs today."""
        retiree = Retiree(name, birth_year, self.today, woman)
        if self.on_other_work is not None:  # the pools are followed
            retiree.stint = self.stint(name, "retired", -1, 0.0, birth_year, woman)
        self.retired[name] = retiree


def _log(adults: NDArray[np.int64]) -> NDArray[np.float64]:
    """Logarithms of numbers of adults; −inf where there is none."""
    out: NDArray[np.float64] = np.where(adults > 0, elementary.log(adults), -np.inf)
    return out
