"""What MTs in liberal practices and elsewhere are paid for their patients, of the territory and around it, by month."""

from __future__ import annotations

from ess_sim.clock import Phase
from ess_sim.inputs.catalogue.tariffs import tariff
from ess_sim.model.behaviours.centres.ledger import years_a_day
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.tables.names import ORDINARY_CARE

__all__ = ["pay_ordinary_care"]


def pay_ordinary_care(world: World) -> Behaviour:
    """On the first of each month, pays for the days since the last payment: no patient is paid for twice.

    One sum for all: who is on whose list matters to a centre's accounts, not to these. The days of a month in which
    the run ends are paid for on its last day. Centres' lists hold residents of the halo, too: all that these cost is
    entered beside them, so that a resident who changes lists costs no more and no less than before.
    """
    p, calendar, residents = world.parameters, world.calendar, world.residents
    here, elsewhere, around = ORDINARY_CARE
    flat = p["flat_payment_euro_per_patient_per_year"]
    of_patient, of_others = p["consultations_per_patient"], p["consultations_without_mt_per_year"]
    share, share_of_others = p["insurer_share_of_fees"], p["insurer_share_of_fees_without_mt"]
    for day in world.settling_days(calendar.horizon):
        yield world.at(day, Phase.LEDGER, here)
        residents.advance(day)
        fee = tariff(p, calendar.date(day - 1))
        years = (day - world.care_paid_to) * years_a_day(world)
        own, away = residents.by_mt(), world.seen_in_centres
        patients = [(here, own.liberal, away[0]), (elsewhere, own.outside, 0.0)]
        without = [(here, own.without)]
        if world.halo is not None:
            others = residents.around_by_mt()
            patients.append((around, others.liberal + others.outside, away[1]))
            without.append((around, others.without))
        for who, number, seen_away in patients:
            seen = max(0.0, number * years * of_patient - seen_away)
            _share_out(world, who, "consultations", seen * fee, share)
            world.pay(who, "flat payments", "insurer", number * years * flat)
        for (who, number), cared_for in zip(without, world.cared_for, strict=False):
            seen = max(0.0, number * years - cared_for) * of_others
            _share_out(world, who, "consultations without MT", seen * fee, share_of_others)
        world.care_paid_to, world.cared_for, world.seen_in_centres = day, [0.0, 0.0], [0.0, 0.0]


def _share_out(world: World, who: str, line: str, euro: float, insurer: float) -> None:
    world.pay(who, line, "insurer", euro * insurer)
    world.pay(who, line, "residents", euro * (1 - insurer))
