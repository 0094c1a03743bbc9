"""What the roster keeps is what a look through all its GPs would find."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ess_sim.model.world.records import Gp
from ess_sim.model.world.roster import Roster

ZONES = 3
PRACTICES = ("group-0", "group-1", "")
"""A GP without a group is a practice of her own name."""

STEPS = ("announce", "reserve", "announce herself", "leave", "join")


def gps() -> list[Gp]:
    """Four in each zone but the last."""
    return [
        Gp(f"gp-{i}", i % 2, 1960 + i, True, 1.0, False, False, PRACTICES[i // 2 % 3] or f"gp-{i}") for i in range(8)
    ]


def step(roster: Roster, what: str, gp: Gp, other: Gp) -> None:
    """As careers, newcomers and policies move it."""
    if what == "announce":
        roster.announce(gp, 100)
    elif what == "reserve" and gp in roster.leaving(gp.zone) and other is not gp and other.zone == gp.zone:
        roster.reserve(gp, other)
    elif what == "announce herself":
        roster.succeeds_to_no_one(gp)
        roster.announce(gp, 50)
    elif what == "leave":
        roster.remove(gp)
        roster.succeeds_to_no_one(gp)
    elif what == "join" and other.zone == gp.zone:
        roster.join(gp, other.practice)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 7), st.integers(0, 7)), max_size=30))
def test_what_is_kept_is_what_is_found(steps: list[tuple[str, int, int]]) -> None:
    everyone, roster = gps(), Roster(ZONES)
    for gp in everyone:
        roster.add(gp)
    for what, i, j in steps:
        if everyone[i].name in roster and everyone[j].name in roster:
            step(roster, what, everyone[i], everyone[j])
    there = list(roster.values())
    assert there == [gp for gp in everyone if gp in there]
    leaving = [gp for gp in there if gp.leaves_on is not None and gp.successor is None]
    assert roster.zones_of_leaving().tolist() == sorted({gp.zone for gp in leaving})
    for zone in range(ZONES):
        here = [gp for gp in there if gp.zone == zone]
        assert list(roster.in_zone(zone)) == here
        assert set(roster.leaving(zone)) == set(here) & set(leaving)
        assert roster.groups(zone) == sorted({gp.practice for gp in here if gp.practice.startswith("group-")})
    for gp in there:
        assert set(roster.in_practice(gp.zone, gp.practice)) == {
            g for g in there if (g.zone, g.practice) == (gp.zone, gp.practice)
        }
        assert set(gp.predecessors) == {g for g in there if g.successor is gp}
        assert gp.successor is None or gp.successor in there


def test_who_has_an_heir_waits_for_no_successor() -> None:
    gp, other, *_ = (gp for gp in gps() if gp.zone == 0)
    roster = Roster(ZONES)
    for one in (gp, other):
        roster.add(one)
        roster.announce(one, 100)
    gp.heir = object()  # type: ignore[assignment]  # whoever takes her list over on a later plan
    roster.announce(gp, 80)
    assert list(roster.leaving(0)) == [other]
    assert gp.leaves_on == 80
