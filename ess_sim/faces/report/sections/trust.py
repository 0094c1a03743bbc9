"""The card *can I trust this?*, and, in red, what voids the comparison."""

from __future__ import annotations

from collections.abc import Iterator

from ess_sim.faces.report.gather.batch import Batch
from ess_sim.faces.report.gather.trust import LOCAL, Trust
from ess_sim.faces.report.gather.trust import trust as gathered
from ess_sim.faces.report.parts.blocks import Both, Num, Prose, Section, joined
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.results.comparison.filled import Own, in_parts

__all__ = ["trust"]


_DECISIVE = 3
_MOST_POSTS = 8
_DECIMALS = 3
_FEW = 0.8
"""Part of its posts below which a scenario other than the main one is named."""


def trust(batch: Batch, voice: Voice) -> Section:
    """How far the results can be relied on."""
    found, section = gathered(batch), Section("trust", voice.say("trust_title"))
    section.add(*(Prose(text, "red") for text in _voids(batch, voice, found)))
    section.add(*(Prose(text, "item") for text in _points(batch, voice, found)), *_assumptions(voice, found))
    section.add(Prose(voice.say("trust_note"), "note"))
    return section


def _voids(batch: Batch, voice: Voice, found: Trust) -> Iterator[Both]:
    for scenario, base in batch.apart.items():
        yield voice.say("void_territories", voice.title(scenario), voice.title(base))
    if batch.n == 1:
        yield voice.say("void_one")
    elif batch.few:
        yield voice.say("void_few", Num(batch.n))
    if batch.failed:
        yield voice.say("void_failed", Num(batch.failed), Num(batch.planned))
    if batch.finished < batch.planned:
        yield voice.say(
            "void_half",
            Num(batch.finished),
            Num(batch.planned),
            Num(len(batch.results.replications)),
            Num(batch.started),
        )
    for scenario in found.idle:
        names = voice.title(scenario), voice.title(batch.compared[scenario])
        if scenario in found.late:
            yield voice.say("void_late", names[0])
        elif scenario in found.same:
            yield voice.say("void_same", *names)
        else:
            yield voice.say("void_idle", *names)
    for twin in found.twins:
        yield voice.say("void_twin", voice.title(twin.scenario), voice.title(twin.other), Num(twin.runs))
    for scenario in found.late:
        if scenario not in found.idle:
            yield voice.say("void_late_part", voice.title(scenario))


def _points(batch: Batch, voice: Voice, found: Trust) -> Iterator[Both]:
    yield _local(voice, found)
    if found.closed and batch.compared:
        yield voice.say("trust_closed")
    if found.halo:
        yield voice.say("trust_halo", Num(found.halo))
    yield from _posts(voice, found, batch.main)
    if found.better == found.better:
        share = voice.percent(100 * found.better, 0)
        key = "trust_draws_better" if batch.drawn else "trust_better"
        yield voice.say(key, share, Num(batch.n), voice.title(batch.main))
    runs = len(batch.results.replications)
    if batch.drawn:
        yield voice.say("trust_draws", Num(len(batch.results.draws)), Num(runs))
    else:
        yield voice.say("trust_replications", Num(runs))


def _local(voice: Voice, found: Trust) -> Both:
    """How much is of the place itself, and what stands in its stead."""
    left = [voice.say(f"local_{key}") for key in LOCAL if key not in found.given and key not in found.estimated]
    rest = voice.say("trust_filled", joined(left)) if left else ""
    clause: Both | str = ""
    if found.estimated:
        grades = ", ".join(sorted(set().union(*found.estimated.values())))
        names = joined([voice.say(f"local_{key}") for key in found.estimated])
        clause = voice.say("trust_estimated", grades, Num(len(found.estimated)), names)
    return voice.say("trust_local", Num(len(found.given)), Num(len(LOCAL)), clause, rest)


def _posts(voice: Voice, found: Trust, main: str) -> Iterator[Both]:
    if found.posts is None:
        yield voice.say("posts_unknown")
        return
    mine = [p for p in found.posts if p.scenario == main]
    short = [p for p in found.posts if p.scenario != main and not p.filled >= _FEW * p.offered]
    for p in [*mine, *short][:_MOST_POSTS]:
        digits = 1 if p.kind in ("sessions", "salaried") else 0
        if p.filled == p.filled:
            text = voice.say(f"posts_{p.kind}", _part(p.filled, p.offered, digits), Num(p.offered))
        else:
            text = voice.say(f"posts_{p.kind}", Num(p.missing))
        if p.reasons:
            text = voice.say("posts_why", text, joined(_reasons(voice, p)))
        yield text if p in mine else voice.say("of_scenario", text, voice.title(p.scenario))
    if not found.posts:
        yield voice.say("posts_none")


def _part(filled: float, offered: float, digits: int) -> Num:
    """With as many decimals as it takes (three at most) to see that it is not all of it.

    >>> _part(39.875, 40.0, 0).plain, _part(40.0, 40.0, 0).plain
    ('39.9', '40')
    """
    while digits < _DECIMALS and filled < offered and float(Num(filled, digits).plain) >= offered:
        digits += 1
    return Num(filled, digits)


def _reasons(voice: Voice, own: Own) -> list[Both]:
    """Why some stayed vacant; of several reasons with numbers, which add up to what the two shown before them leave."""
    known = own.filled == own.filled
    vacant = round(own.offered) - round(own.filled) if known else round(own.missing)
    parts = in_parts(own.reasons, vacant, 0)
    said = {reason: voice.known(f"reason_{reason}", reason) for reason, _ in parts or own.reasons}
    if len(said) == 1 or not parts:
        return list(said.values())
    return [voice.say("reason_number", said[reason], Num(number)) for reason, number in parts]


def _assumptions(voice: Voice, found: Trust) -> Iterator[Prose]:
    """The most decisive ones, a line each."""
    movers = [m for m in found.movers if m.sure] if found.swept else found.movers
    if found.swept:
        yield Prose(voice.say("trust_swept" if movers else "trust_swept_none"), "item")
    elif movers:
        yield Prose(voice.say("trust_not_swept", Num(len(found.movers))), "item")
    else:
        yield Prose(voice.say("trust_no_assumption"), "item")
    for m in movers[:_DECISIVE]:
        words, code = voice.parameter(m.name)
        yield Prose(voice.say("mover", words, Num(m.rank, 2, True)) if found.swept else words, "sub", code)
