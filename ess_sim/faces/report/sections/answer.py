"""The answer in one sentence, and a card for each date."""

from __future__ import annotations

from dataclasses import replace

from ess_sim.faces.report.gather.batch import PER_CENT, Batch, Estimate, estimate
from ess_sim.faces.report.gather.course import Headline, headlines
from ess_sim.faces.report.parts.blocks import Both, Card, Cell, Column, Num, Prose, Section, Table
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.words.glossary import LANGUAGES
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["answer"]


_MOST_SENTENCES = 5
"""Scenarios beside the first that have a sentence of their own; the table below has all."""


def answer(batch: Batch, voice: Voice) -> Section:
    """What comes first."""
    found = Section("answer", voice.say("answer_title"))
    if not batch.compared:
        _alone(batch, voice, found)
        return found
    lines = {name: headlines(batch, name) for name in batch.compared}
    first = lines[batch.main]
    found.add(Prose(_sentence(voice, batch, batch.main, first[-1]), "lead"))
    found.add(Prose(voice.say("people_counted"), "note"))
    early = next((h for h in first if h.years > 4), first[0])
    if early.day != first[-1].day:
        found.add(
            Prose(voice.say("answer_early", _after(voice, early), voice.month(early.day), _people(voice, early)), "p")
        )
    others = list(batch.compared)[1:]
    most = len(others) if len(others) <= _MOST_SENTENCES else _MOST_SENTENCES - 1
    for name in others[:most]:
        found.add(Prose(_sentence(voice, batch, name, lines[name][-1]), "item"))
    if len(others) > most:
        found.add(Prose(voice.say("answer_more", Num(len(others) - most)), "item"))
    found.add(Prose(_basis(batch, voice), "note"))
    found.add([_card(voice, h) for h in first])
    found.add(_table(voice, lines))
    return found


def _alone(batch: Batch, voice: Voice, found: Section) -> None:
    """Without anything to compare: levels."""
    cards = []
    for day in batch.marks:
        at = batch.at(day)
        without, adults = batch.without[batch.main][at], batch.adults[batch.main][at]
        people, share = estimate(without), estimate(100 * without / adults, bounds=PER_CENT)
        number = Both(Num(people.mean).to("en"), Num(people.mean).to("fr"))
        said = voice.say("card_alone", Num(people.mean), voice.percent(share.mean))
        cards.append(Card(voice.month(day), number, voice.interval(people), _share(voice, share), said))
    last = cards[-1]
    found.add(Prose(voice.say("answer_alone", last.head, last.number, last.below, voice.title(batch.main)), "lead"))
    found.add(Prose(voice.say("answer_mt"), "note"))
    found.add(cards)


def _basis(batch: Batch, voice: Voice) -> Both:
    """What words and brackets mean; without an interval there are no brackets."""
    said = [voice.say("answer_mt")]
    if not batch.few:
        said.append(voice.say("answer_brackets", voice.basis()))
    said.append(voice.say("answer_pairs"))
    return Both(*(" ".join(text.to(lang) for text in said) for lang in LANGUAGES))


def _range(voice: Voice, e: Estimate) -> Both:
    """The interval of a gain, or why there is none."""
    if e.n >= FEWEST:
        return voice.interval(e)
    return voice.say("no_interval_one") if e.n == 1 else voice.say("no_interval", Num(e.n))


def _nothing(e: Estimate) -> bool:
    """Whether a gain that is not exactly 0 would be shown as 0."""
    return Num(e.mean).plain == "0"


def _people(voice: Voice, h: Headline) -> Both:
    """``976 more adults [884; 1,069]``, or that it is not distinguishable."""
    e = h.people
    if e.identical:
        return voice.say("people_same", _range(voice, e))
    if e.n >= FEWEST and e.low <= 0 <= e.high:
        return voice.say("people_unsure", Num(-e.low), Num(e.high))
    if _nothing(e):
        return voice.say("people_none", _range(voice, e))
    if e.mean > 0:
        return voice.count("people_more", Num(e.mean), _range(voice, e))
    return voice.count("people_fewer", Num(-e.mean), _range(voice, replace(e, low=-e.high, high=-e.low)))


def _sentence(voice: Voice, batch: Batch, name: str, h: Headline) -> Both:
    base = voice.title(batch.compared[name])
    return voice.say("answer_sentence", voice.month(h.day), _people(voice, h), voice.title(name), base)


def _after(voice: Voice, h: Headline) -> Both:
    years = round(h.years)
    return voice.say("after_one" if years == 1 else "after", Num(years)) if years else voice.month(h.day)


def _card(voice: Voice, h: Headline) -> Card:
    e, p = h.people, h.points
    sure = e.identical or e.n < FEWEST or e.low > 0 or e.high < 0
    key = "card_same" if e.identical else "card_unsure" if not sure else "card_more" if e.mean > 0 else "card_fewer"
    say = voice.count if key in ("card_more", "card_fewer") else voice.say
    shares = _share(voice, h.share), _share(voice, h.base)
    none = sure and not e.identical and _nothing(e)
    return Card(
        voice.say("card_head", _after(voice, h), voice.month(h.day)),
        voice.count("card_people", Num(e.mean, 0, True)),
        voice.interval(e, sign=True),
        voice.count("card_points", Num(p.mean, 1, True), voice.interval(p, 1, sign=True)),
        voice.say("card_none", *shares) if none else say(key, Num(abs(e.mean)), *shares),
    )


def _share(voice: Voice, e: Estimate) -> Both:
    """``11.2 % [10.9; 11.5]``."""
    return voice.followed(voice.percent(e.mean), voice.interval(e, 1))


def _table(voice: Voice, lines: dict[str, list[Headline]]) -> Table:
    columns = [
        *(Column(voice.say(k), "text") for k in ("col_scenario", "col_date")),
        *(Column(voice.say(k)) for k in ("col_people", "col_low", "col_high")),
        *(Column(voice.say(k), "level") for k in ("col_base", "col_share")),
        *(Column(voice.say(k)) for k in ("col_points", "col_low", "col_high")),
    ]
    rows: list[list[Cell]] = [
        [
            voice.lettered(name),
            voice.month(h.day),
            *(Num(x, 0, True) for x in (h.people.mean, h.people.low, h.people.high)),
            voice.level(h.base),
            voice.level(h.share),
            *(Num(x, 2, True) for x in (h.points.mean, h.points.low, h.points.high)),
        ]
        for name, headline in lines.items()
        for h in headline
    ]
    return Table("headlines", voice.say("table_headlines"), columns, rows)
