"""What it costs, who pays, and what a resident-year with MT comes to."""

from __future__ import annotations

from collections.abc import Iterator

from ess_sim.analysis.accounts.cost_sums import EITHER, LESS, MORE
from ess_sim.analysis.accounts.public_cost import LOSS, ONE, UNSURE
from ess_sim.faces.report.gather.batch import Batch, Estimate
from ess_sim.faces.report.gather.money import Bill, Paid
from ess_sim.faces.report.gather.money import money as gathered
from ess_sim.faces.report.parts.blocks import Both, Cell, Column, Num, Picture, Prose, Section, Table
from ess_sim.faces.report.parts.there import found_or_note
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.svg.rows import bar, limits
from ess_sim.faces.words.glossary import glossary
from ess_sim.faces.words.speech import plain
from ess_sim.inputs.surroundings.halo import minutes_around

__all__ = ["money"]


_NOTES = {
    MORE: "bound_at_least",
    LESS: "bound_at_most",
    EITHER: "bound_both_sides",
    UNSURE: "bound_unsure",
    LOSS: "bound_loss",
    ONE: "bound_one",
}
"""What is said of a sum's note."""
_OWN = "members"
"""Who owns what is left of a centre's money, unless a local authority does."""
_SHOWN = 500.0
"""Euro from which on a sum is not shown as 0."""
_NO_RATIO = {UNSURE: "no_ratio_unsure", LOSS: "no_ratio_loss", ONE: "no_ratio_one"}


def money(batch: Batch, voice: Voice) -> Section:
    """Public cost by payer."""
    section = Section("money", voice.say("money_title"))
    found = found_or_note(section, batch, voice, gathered, missing="money_missing", otherwise="money_years")
    if found is None:
        return section
    for bill in found.bills:
        section.add(Prose(_sentence(voice, bill, batch.n, found.rate), "p"))
        if (own := bill.net.get(_OWN)) is not None and abs(own.mean) >= _SHOWN:
            section.add(Prose((_surplus if own.mean < 0 else _own)(voice, bill, own), "p"))
    around = {minutes_around(batch.scenario(bill.scenario)["territory"]) for bill in found.bills}
    for minutes in sorted(around - {0.0}):
        section.add(Prose(voice.say("money_halo", Num(minutes)), "p"))
    for bill in found.bills:
        if bill.around is not None:
            section.add(Prose(_around(voice, bill, bill.around, batch.n), "item"))
    unknown: dict[tuple[str, str], list[str]] = {}
    for scenario, actor, detail in found.unknown:
        unknown.setdefault((actor, detail), []).append(voice.letters[scenario])
    for (actor, detail), letters in unknown.items():
        what = Both(detail, glossary().unknown_costs_fr.get(detail, detail))
        text = voice.say("money_unknown", what, plain(actor), ", ".join(letters))
        section.add(Prose(text, "item"))
    section.add(_payers(voice, found.bills), _worth(voice, found.bills))
    section.add(Prose(voice.say("money_note", voice.percent(100 * found.rate)), "note"))
    return section


def _noted(voice: Voice, paid: Paid) -> Both:
    return voice.say(_NOTES[paid.note]) if paid.note else Both("", "")


def _sum(voice: Voice, paid: Paid, n: int, digits: int = 0, scale: float = 1e-3) -> tuple[Both, Num, Both]:
    interval = voice.interval(Estimate(paid.mean * scale, paid.low * scale, paid.high * scale, n), digits, sign=True)
    return _noted(voice, paid), Num(paid.mean * scale, digits, True), interval


def _sentence(voice: Voice, bill: Bill, n: int, rate: float) -> Both:
    net = _sum(voice, bill.net["public"], n)
    gain = bill.gain
    gained = Num(gain.mean, 0, True), voice.interval(Estimate(gain.mean, gain.low, gain.high, n), sign=True)
    if bill.each.mean == bill.each.mean:
        each = bill.each
        ratio = voice.say(
            "money_each",
            _noted(voice, each),
            Num(each.mean),
            voice.interval(Estimate(each.mean, each.low, each.high, n)),
        )
    else:
        ratio = voice.say(_NO_RATIO[bill.each.note])
    discount = voice.percent(100 * rate)
    return voice.say("money_sentence", voice.title(bill.scenario), discount, *net, *gained, ratio)


def _surplus(voice: Voice, bill: Bill, own: Paid) -> Both:
    """What is left to a centre's organisation, and the public cost without it."""
    public = bill.net["public"]
    bound = voice.say("money_surplus_bound") if own.note == MORE else ""
    returned = Num((public.mean + own.mean) / 1e3, 0, True)
    return voice.say(
        "money_surplus", voice.title(bill.scenario), Num(-own.mean / 1e3), _noted(voice, public), returned, bound
    )


def _own(voice: Voice, bill: Bill, own: Paid) -> Both:
    """What a centre's organisation paid or owes, and a resident-year with it."""
    each: Both | str = ""
    if bill.each.mean == bill.each.mean:
        total = Num((bill.net["public"].mean + own.mean) / bill.gain.mean)
        each = voice.say("money_own_each", _noted(voice, bill.each), total)
    return voice.say("money_own", voice.title(bill.scenario), Num(own.mean / 1e3), each)


def _around(voice: Voice, bill: Bill, around: Paid, n: int) -> Both:
    """Whose the resident-years are, and what one of the territory's own costs if only these count."""
    interval = voice.interval(Estimate(around.mean, around.low, around.high, n), sign=True)
    each: Both | str = ""
    if bill.each_own is not None and bill.each_own.mean == bill.each_own.mean:
        each = voice.say("money_around_each", _noted(voice, bill.each_own), Num(bill.each_own.mean))
    own = Num(bill.gain.mean - around.mean, 0, True)
    return voice.say("money_around", voice.title(bill.scenario), Num(around.mean, 0, True), interval, own, each)


def _payers(voice: Voice, bills: list[Bill]) -> Table:
    span = limits(*([p.mean / 1e3, p.low / 1e3, p.high / 1e3] for bill in bills for p in bill.net.values()))
    columns = [
        *(Column(voice.say(k), "text") for k in ("col_scenario", "col_payer")),
        *(Column(voice.say(k)) for k in ("col_gross", "col_low", "col_high", "col_net")),
        Column(voice.say("col_picture"), "picture"),
        *(Column(voice.say(k)) for k in ("col_low", "col_high")),
        Column(voice.say("col_bound"), "text"),
    ]
    rows: list[list[Cell]] = [
        [
            voice.lettered(bill.scenario),
            voice.known(f"payer_{payer}", payer),
            *(Num(x / 1e3, 0, True) for x in bill.gross[payer][:3]),
            Num(net.mean / 1e3, 0, True),
            Picture(bar(net.mean / 1e3, net.low / 1e3, net.high / 1e3, span, voice.series(bill.scenario))),
            *(Num(x / 1e3, 0, True) for x in (net.low, net.high)),
            _noted(voice, net),
        ]
        for bill in bills
        for payer, net in bill.net.items()
    ]
    return Table("payers", voice.say("table_payers"), columns, rows, opened=True)


def _worth(voice: Voice, bills: list[Bill]) -> Table:
    columns = [
        *(Column(voice.say(k), "text") for k in ("col_scenario", "col_measure")),
        *(Column(voice.say(k)) for k in ("col_mean", "col_low", "col_high")),
        Column(voice.say("col_bound"), "text"),
    ]

    def rows(bill: Bill) -> Iterator[list[Cell]]:
        yield [voice.say("measure_gain"), *(Num(x, 0, True) for x in bill.gain[:3]), Both("", "")]
        if bill.around is not None:
            yield [voice.say("measure_around"), *(Num(x, 0, True) for x in bill.around[:3]), Both("", "")]
        yield [voice.say("measure_each"), *(Num(x) for x in bill.each[:3]), _noted(voice, bill.each)]
        if bill.each_own is not None:
            yield [voice.say("measure_each_own"), *(Num(x) for x in bill.each_own[:3]), _noted(voice, bill.each_own)]
        for worth, paid in bill.benefit.items():
            money = [Num(x / 1e3, 0, True) for x in paid[:3]]
            yield [voice.say("measure_benefit", Num(worth)), *money, _noted(voice, paid)]
            share = Num(100 * bill.acceptable[worth])
            yield [
                voice.say("measure_acceptable", Num(worth)),
                share,
                Num(float("nan")),
                Num(float("nan")),
                Both("", ""),
            ]

    table: list[list[Cell]] = [[voice.lettered(bill.scenario), *row] for bill in bills for row in rows(bill)]
    return Table("worth", voice.say("table_worth"), columns, table)
