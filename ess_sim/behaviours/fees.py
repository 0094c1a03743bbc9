"""What liberal practices and MTs outside the territory are paid for their patients, booked month by month."""

from __future__ import annotations

import numpy as np

from ess_sim.clock import Phase, month_ends
from ess_sim.kernel import C_LISTED, C_LOST, C_NEVER
from ess_sim.tables import ORDINARY_CARE
from ess_sim.tariffs import tariff
from ess_sim.world import Behaviour, World

__all__ = ["fees"]


def fees(world: World) -> Behaviour:
    """Books on the first of each month what the month before cost: nobody who changes doctors is paid for twice.

    In one sum for all: who is on whose list matters to a centre's accounts, not to these.
    """
    p, calendar = world.parameters, world.calendar
    here, elsewhere = ORDINARY_CARE
    flat = p["flat_payment_euro_per_patient_per_year"] / 12
    of_patient = p["consultations_per_patient"] / 12
    of_others = p["consultations_without_mt_per_year"] / 12
    share, share_of_others = p["insurer_share_of_fees"], p["insurer_share_of_fees_without_mt"]
    for end in month_ends(calendar.start, calendar.end):
        day = calendar.day(end) + 1
        yield world.at(day, Phase.LEDGER, here)
        world.residents.advance(day)
        fee = tariff(p, end)
        liberal, outside, without = _adults(world)
        for who, patients in ((here, liberal), (elsewhere, outside)):
            _book(world, who, "consultations", patients * of_patient * fee, share)
            world.pay(who, "flat payments", "insurer", patients * flat)
        without_months = max(0.0, without - world.cared_for)
        _book(world, here, "consultations without MT", without_months * of_others * fee, share_of_others)
        world.care_booked_to, world.cared_for = day, 0.0


def _adults(world: World) -> tuple[int, int, int]:
    """Adults listed in liberal practices, adults with an MT outside the territory, adults without MT."""
    slots, figures = world.residents.providers()
    centre = np.array(world.owner_centre, dtype=bool)[world.owner_of_slot[slots]]
    lists = figures[:, 0]
    listed, lost, never = world.residents.counts[:, [C_LISTED, C_LOST, C_NEVER]].sum(axis=0)
    return int(lists[~centre].sum()), int(listed - lists.sum()), int(lost + never)


def _book(world: World, who: str, line: str, euro: float, insurer: float) -> None:
    world.pay(who, line, "insurer", euro * insurer)
    world.pay(who, line, "residents", euro * (1 - insurer))
