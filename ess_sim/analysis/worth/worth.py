"""What is worth measuring: the expected value of knowing parameters, for a decision between scenarios."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date

import numpy as np
import pandas as pd

from ess_sim.analysis.accounts.robustness import check_whole
from ess_sim.analysis.worth.decisions import Decision, by_net_benefit, by_outcome
from ess_sim.analysis.worth.drawn import groups_of, parameters_of
from ess_sim.analysis.worth.gains import Gain, gain_of, shares_best, without_regression
from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, ResultsError, did_you_mean, whole_number
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.notebooks.cards import Shown
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import half_width
from ess_sim.results.statistics.paired import holm

__all__ = ["COPIES", "FEWEST_DRAWS", "Worth", "value"]


FEWEST_DRAWS = 30
"""Draws below which there is no value of information: tested from here on."""


COPIES = 400
"""Bootstrap copies of each estimate."""


_FEW = "with {} shuffles no parameter's adjusted p can be below 5 %, as there are {}: take {} or more"
_ONE = "one replication a draw: EVPI takes from them how large chance is, and is rough without"
_SURE = 0.05
_COLUMNS = (
    *("kind", "name", "grade", "parameters", "unit", "draws", "value", "error", "low", "high", "null", "null_high"),
    *("p", "p_holm", "explained", "people", "people_low", "people_high"),
)


@dataclass(frozen=True, eq=False)
class Worth(Shown):
    """The value of information for a decision.

    Attributes
    ----------
    decision : str
        By what a scenario is chosen.
    best : str
        What is chosen now: the scenario with the best mean over the draws.
    measure : str
        The parameter whose measurement would help most; '' if none shows more than shuffled draws do (`holm`).
    at_most : float
        EVPI if the means of draws were known without chance, in the unit of the decision: too high by what chance adds.
    people_words : str
        What the columns ``people`` count.
    choices : pandas.DataFrame
        A row a scenario: ``scenario``, ``unit``, ``mean``, ``low``, ``high`` (over the draws, 95 % Student interval; of
        a net benefit the difference from the first scenario), ``best`` (share of the draws, 0–1, in which it is
        expected to be best).
    table : pandas.DataFrame
        ``kind`` (``all``: EVPI of all parameters together; ``group``, ``parameter``: EVPPI), ``name``, ``grade``,
        ``parameters`` (how many), ``unit``, ``draws``, and

        - ``value``: by how much the expected result improves if they are known before choosing, ≥ 0, in the unit;
        - ``error``, ``low``, ``high``: its Monte Carlo error and 95 % bootstrap interval;
        - ``null``, ``null_high``: mean and 95th percentile of what shuffled draws show, which know nothing;
        - ``p``: how often they show as much; ``p_holm``: adjusted for all rows of this kind;
        - ``explained``: largest share (0–1) of the variance of a difference between scenarios that they explain;
        - ``people``, ``people_low``, ``people_high``: the same as ``value``, in residents (NaN where that has no
          meaning).
    notes : tuple of str
        What limits the answer, e.g. costs that are unknown.
    """

    decision: str
    best: str
    measure: str
    at_most: float
    people_words: str
    choices: pd.DataFrame
    table: pd.DataFrame
    notes: tuple[str, ...]


@checked
def value(
    results: Results,
    *,
    outcome: str = "share_without_mt",
    date: Date | str | None = None,
    threshold: float | None = None,
    discount: float = 0.025,
    scenarios: Sequence[str] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    shuffles: int | None = None,
    seed: int = 1,
) -> Worth:
    """What it would be worth to know parameters before a scenario is chosen: EVPI and EVPPI.

    The value is that of knowing parameters, not chance: what each scenario yields is what is *expected* of it where
    some parameters are known, by a regression of the draws' means on them. What varies within a draw is thereby no
    information.

    Parameters
    ----------
    results : Results
        With at least 30 parameter draws and two scenarios, as many replications of each.
    outcome : str
        Key of `OUTCOMES`, by which a scenario is chosen on ``date``.
    date : date, optional
        A recorded date; by default the last.
    threshold : float, optional
        What a resident-year with MT is worth, in euro, > 0: then the choice is by net benefit over the whole run
        (`ess_sim.costs`), and neither ``outcome`` nor ``date`` counts.
    discount : float
        Yearly rate of net benefit, in [0, 1).
    scenarios : sequence of str, optional
        The choices, by default all.
    groups : mapping of str to sequence of str, optional
        Groups of parameters besides those of each grade and those whose names begin alike.
    shuffles : int, optional
        Most shuffled copies for each row, ≥ 99; by default as many as `holm` needs to find one of all at 5 %.
    seed : int
        Of shuffling and of the bootstrap.

    Raises
    ------
    ResultsError
        Without draws, with fewer than 30, with one scenario, or for an unknown scenario, parameter, outcome or date.

    Notes
    -----
    Values below what shuffled draws show are noise. Where draws are correlated (a posterior), knowing a parameter is
    also knowing something of those that go with it. With two replications or more these say how much of the draws'
    means is chance, which EVPI needs where parameters are more than draws; with one, regression alone has to say it.
    On a toy with a known answer intervals hold it in 80 to 95 % of cases from 60 draws on, as long as chance in the
    means of draws is no larger than what the parameters do; with more chance EVPI's are too narrow.

    References
    ----------
    Ades A. E., Lu G., Claxton K. (2004), Expected value of sample information calculations in medical decision
    modeling, *Medical Decision Making* 24, 207–227.

    Strong M., Oakley J. E., Brennan A. (2014), Estimating multiparameter partial expected value of perfect information
    from a probabilistic sensitivity analysis sample, *Medical Decision Making* 34, 311–326.
    """
    check_whole(results, FEWEST_DRAWS, "the value of information needs")
    chosen = _choices(results, scenarios)
    seed = whole_number("seed", seed, 0)
    if threshold is None:
        decision = by_outcome(results, chosen, outcome, date)
    else:
        decision = by_net_benefit(results, chosen, threshold, discount)
    drawn = parameters_of(results, chosen)
    names = [str(name) for name in drawn.columns]
    sets = [("all", "all parameters", tuple(names))]
    sets += [("group", name, members) for name, members in groups_of(names, groups or {}).items()]
    sets += [("parameter", name, (name,)) for name in names]
    most = _shuffles(shuffles, max(sum(kind == k for k, *_ in sets) for kind in ("group", "parameter")))
    rows = []
    for kind, name, members in sets:
        columns = drawn[list(members)].to_numpy()
        everything = len(members) == len(names)
        gain = gain_of(decision.runs, columns, copies=COPIES, shuffles=most, seed=seed, everything=everything)
        rows.append(_row(kind, name, members, gain, decision))
    table = pd.DataFrame(rows)
    table["p_holm"] = table.groupby("kind")["p"].transform(holm)
    order = {"all": 0, "group": 1, "parameter": 2}
    table["place"] = table["kind"].map(order)
    table = table.sort_values(["place", "value", "p"], ascending=[True, False, True], kind="stable")
    table = table[list(_COLUMNS)].reset_index(drop=True)
    best = decision.scenarios[int(decision.runs.mean(axis=(0, 1)).argmax())]
    at_most = without_regression(decision.runs)
    return Worth(
        decision.words,
        best,
        _most(table),
        at_most,
        decision.people_words if math.isfinite(decision.people) else "",
        _choice_table(decision, shares_best(decision.runs, drawn.to_numpy())),
        table,
        (*decision.notes, *([_ONE] if decision.runs.shape[1] == 1 else []), *_few(most, len(names))),
    )


def _choices(results: Results, scenarios: Sequence[str] | None) -> list[str]:
    known = results.scenarios
    chosen = list(dict.fromkeys(known if scenarios is None else scenarios))
    faults = [f"no scenario {name!r}{did_you_mean(name, known)}" for name in chosen if name not in known]
    if not faults and len(chosen) < 2:
        faults = [f"a decision needs at least two scenarios, and there is only {', '.join(map(repr, chosen))}"]
    if faults:
        raise ResultsError("\n".join(faults))
    return chosen


def _shuffles(given: int | None, rows: int) -> int:
    if given is None:
        return max(999, 40 * rows - 1)
    if given < 99:
        raise ArgumentError(f"{given} shuffles cannot show what chance does: take at least 99")
    return given


def _few(shuffles: int, parameters: int) -> list[str]:
    """What is to be said where not even the first of all adjusted p could be at most 5 %.

    >>> _few(999, 40), _few(99, 40)[0][:59]
    ([], "with 99 shuffles no parameter's adjusted p can be below 5 %")
    """
    needed = math.ceil(parameters / _SURE) - 1
    return [_FEW.format(f"{shuffles:,}", f"{parameters:,}", f"{needed:,}")] if shuffles < needed else []


def _row(kind: str, name: str, members: Sequence[str], gain: Gain, decision: Decision) -> dict[str, object]:
    grades = sorted({catalogue()[member].grade for member in members})
    row = {"kind": kind, "name": name, "grade": "".join(grades), "parameters": len(members), "unit": decision.unit}
    row |= {"draws": len(decision.runs), "value": gain.value, "error": gain.error, "low": gain.low, "high": gain.high}
    row |= {"null": gain.null, "null_high": gain.null_high, "p": gain.p, "explained": gain.explained}
    people = {f"people{end}": decision.people * getattr(gain, of) for end, of in _PEOPLE}
    return row | people


_PEOPLE = (("", "value"), ("_low", "low"), ("_high", "high"))


def _most(table: pd.DataFrame) -> str:
    """The parameter with the highest value, of those that show more than shuffling does."""
    rows = table[(table["kind"] == "parameter") & (table["value"] > 0) & (table["p_holm"] <= _SURE)]
    return str(rows["name"].iloc[0]) if len(rows) else ""


def _choice_table(decision: Decision, best: np.ndarray) -> pd.DataFrame:
    values = decision.sign * decision.runs.mean(axis=1)
    half = half_width(np.ascontiguousarray(values.T))
    mean = values.mean(axis=0)
    unit = decision.unit.replace("pp", "%")
    found = {"scenario": decision.scenarios, "unit": unit, "mean": mean, "low": mean - half, "high": mean + half}
    return pd.DataFrame(found | {"best": best})
