"""Valid calls of all public functions on four hamlets, to be made with one wrong argument at a time."""

from __future__ import annotations

import inspect
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np
from hamlets import hamlets
from strategies import make_territory, town

import ess_sim
from ess_sim.analysis.accounts.public_cost import acceptability
from ess_sim.model.run.prepare import prepare

WRONG: dict[str, Any] = {
    "None": None,
    "nan": float("nan"),
    "infinity": float("inf"),
    "-1": -1,
    "0": 0,
    "1.5": 1.5,
    "huge": 10**30,
    "True": True,
    "text": "no",
    "empty text": "",
    "bytes": b"\xff",
    "surrogate": "\ud800\x00",
    "misspelt outcome": "share_without_m",
    "misspelt scenario": "hamlet",
    "number in a list": [3],
    "empty list": [],
    "nested list": [["a"], {}],
    "empty mapping": {},
    "mapping": {"hamlets": 1},
    "object": object(),
    "class": Exception,
    "array": np.array([[1.0, np.nan]]),
}
"""What a call may be made with by mistake."""


class Call(NamedTuple):
    """A valid call."""

    function: Callable[..., Any]
    arguments: Mapping[str, Any]

    def variants(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The call with each argument wrong in each way, and with one that does not exist."""
        own = inspect.signature(self.function).parameters.values()
        known = [p.name for p in own if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        for argument in dict.fromkeys([*known, *self.arguments]):
            for label, value in WRONG.items():
                yield f"{argument}={label}", {**self.arguments, argument: value}
            yield f"{argument} misspelt", {**self.arguments, f"{argument}_": None}
            yield f"without {argument}", {key: value for key, value in self.arguments.items() if key != argument}


def calls(folder: Path) -> dict[str, Call]:
    """A valid and quick call of each public function, class and method, by name; files are written to ``folder``."""
    base = hamlets(folder).with_(name="base", policies=(), parameters={}, horizon_years=1)
    smp = hamlets(folder).with_(name="hamlets", parameters={}, horizon_years=1)
    results = ess_sim.run_experiment([base, smp], replications=2)
    drawn = ess_sim.run_experiment([base, smp], replications=1, draws=10)
    stored = folder / "results"
    ess_sim.run_experiment([base, smp], replications=2, out=stored)
    run = results.run("base")
    territory = make_territory({"A": town(600), "B": town(400)})
    crow_fly = ess_sim.CrowFly()
    (folder / "scenario.yaml").write_text("", encoding="utf-8")
    ess_sim.write_scenario(base, folder / "scenario.yaml")
    library = folder / "library"
    library.mkdir()
    ess_sim.write_scenario(smp, library / "scenario.yaml")
    posterior = ess_sim.Posterior("p", ({"informed_share": 0.4}, {"informed_share": 0.6}))
    form = folder / "form.csv"
    form.write_text("parameter,low,most likely,high,why,expert\ninformed_share,0.2,0.3,0.5,,Anne\n", encoding="utf-8")
    costs = ess_sim.costs(results, baseline="base")
    quarter = ess_sim.Quarter("A1", "quarter", "A", 100, 48.0, 0.0)
    one = {"replications": 1, "parameters": ["informed_share"]}
    fields = inspect.signature(ess_sim.Territory).parameters
    of_run = ("scenario", "seed", "replication", "zones", "parameters", "record")
    valid = {"name": "a", "start": date(2020, 1, 1), "horizon_years": 1, "territory": base.territory}

    def with_parameters(of: Any = "a", **parameters: Any) -> ess_sim.Scenario:
        return base.with_parameters(of, **parameters)

    made: dict[str, tuple[Callable[..., Any], Mapping[str, Any]]] = {
        "scenarios_dir": (ess_sim.scenarios_dir, {}),
        "catalogue": (ess_sim.catalogue, {}),
        "write_scenario": (ess_sim.write_scenario, {"scenario": base, "path": folder / "out.yaml"}),
        "search_territories": (ess_sim.search_territories, {"text": "laval"}),
        "Quarter": (ess_sim.Quarter, vars(quarter)),
        "Territory": (ess_sim.Territory, {name: getattr(territory, name) for name in fields}),
        "Territory.from_epci": (ess_sim.Territory.from_epci, {"code": "200083392"}),
        "Territory.from_ept": (ess_sim.Territory.from_ept, {"code": "200057867"}),
        "Territory.from_departement": (ess_sim.Territory.from_departement, {"code": "53"}),
        "Territory.from_communes": (ess_sim.Territory.from_communes, {"codes": ["53130"]}),
        "Territory.from_csv": (ess_sim.Territory.from_csv, {"population_csv": folder / "population.csv"}),
        "Territory.with_travel_csv": (prepare(base).with_travel_csv, {"path": folder / "minutes.csv"}),
        "Territory.with_quarters": (territory.with_quarters, {"quarters": [quarter]}),
        "Territory.without": (territory.without, {"codes": ["A"]}),
        "CrowFly": (ess_sim.CrowFly, {}),
        "CrowFly.minutes": (crow_fly.minutes, {"km": 3.0}),
        "first_difference": (ess_sim.first_difference, {"results": results, "baseline": "base"}),
        "compare": (ess_sim.compare, {"results": results, "baseline": "base"}),
        "fairness": (ess_sim.fairness, {"results": results}),
        "summary": (ess_sim.summary, {"results": results, "baseline": "base"}),
        "start_balance": (
            ess_sim.start_balance,
            {"snapshots": run.snapshots, "flows": run.flows, "places": {"all": ["A", "B", "C", "D"]}},
        ),
        "Results": (ess_sim.Results, {"runs": [run]}),
        "Results.read": (ess_sim.Results.read, {"path": stored}),
        "Results.paired": (results.paired, {}),
        "Results.about": (results.about, {"scenario": "base"}),
        "Results.zones": (results.zones, {"scenario": "base"}),
        "Results.run": (results.run, {"scenario": "base"}),
        "Results.table": (results.table, {"table": "spells"}),
        "Results.share_without_mt": (results.share_without_mt, {"by": "zone"}),
        "Results.outcomes": (results.outcomes, {}),
        "Results.by_group": (results.by_group, {"outcomes": ["share_without_mt"]}),
        "Results.recorded": (results.recorded, {"scenario": "base"}),
        "Results.first": (results.first, {"scenario": "base", "most": 1}),
        "Results.pairs": (results.pairs, {"baseline": "base", "scenario": "hamlets"}),
        "Results.each": (results.each, {"numbers": lambda run: run.table("spells")}),
        "Run": (ess_sim.Run, {name: getattr(run, name) for name in of_run}),
        "Run.table": (run.table, {"table": "spells"}),
        "Run.share_without_mt": (run.share_without_mt, {"by": "zone"}),
        "describe": (ess_sim.describe, {"scenario": base}),
        "describe_table": (ess_sim.describe_table, {"table": "spells"}),
        "Words": (ess_sim.Words, {"en": "a", "fr": "b"}),
        "Words.to": (ess_sim.Words("a", "b").to, {"lang": "fr"}),
        "Scenario": (ess_sim.Scenario, valid),
        "figures_of": (ess_sim.figures_of, {"scenario": base, "territory": prepare(base)}),
        "Scenario.for_territory": (
            ess_sim.Scenario.for_territory,
            {"codes": "Decize", "years": 1, "without_mt": 0.1, "policy": "smp", "name": "a"},
        ),
        "Scenario.with_": (base.with_, {"name": "a", "parameters": {}, "policies": ()}),
        "Scenario.with_parameters": (with_parameters, {"of": "a", "informed_share": 0.3}),
        "read_scenario": (ess_sim.read_scenario, {"path": folder / "scenario.yaml"}),
        "read_scenarios": (ess_sim.read_scenarios, {"paths": [folder / "scenario.yaml"]}),
        "simulate": (ess_sim.simulate, {"scenario": base}),
        "read_batch": (ess_sim.read_batch, {"path": folder / "scenario.yaml"}),
        "read_library": (ess_sim.read_library, {"folder": library}),
        "Posterior": (ess_sim.Posterior, {"name": "p", "draws": posterior.draws}),
        "Posterior.read": (ess_sim.Posterior.read, {"where": "national"}),
        "Posterior.write": (posterior.write, {"folder": folder / "posterior"}),
        "run_experiment": (ess_sim.run_experiment, {"scenarios": [base], "replications": 1}),
        "merge_shards": (ess_sim.merge_shards, {"shards": [], "out": folder / "joined"}),
        "apl": (ess_sim.apl, {"run": run, "territory": prepare(base)}),
        "by_flow": (ess_sim.by_flow, {"results": results, "baseline": "base", "scenario": "hamlets"}),
        "shapley_of": (ess_sim.shapley_of, {"results": results, "variants": {"base": [], "hamlets": ["smp"]}}),
        "costs": (ess_sim.costs, {"results": results, "baseline": "base"}),
        "uncertainty": (ess_sim.uncertainty, {"results": drawn}),
        "value": (ess_sim.value, {"results": drawn}),
        "elicited": (ess_sim.elicited, {"forms": [form], "draws": 5}),
        "calibrate": (ess_sim.calibrate, {"calibration": None}),
        "infer": (
            ess_sim.infer,
            {"parameters": [ess_sim.catalogue()["informed_share"]], "observed": [], "simulator": lambda runs: runs},
        ),
        "read_calibration": (ess_sim.read_calibration, {"path": folder / "scenario.yaml"}),
        "flip_points": (ess_sim.flip_points, {"first": base, "second": smp, "tolerance": 0.5, **one}),
        "sensitivity": (ess_sim.sensitivity, {"scenario": base, "trajectories": 2, **one}),
        "front": (ess_sim.front, {"results": results, "costs": {"base": 0.0, "hamlets": 1.0}}),
        "select": (ess_sim.select, {"scenarios": [base, smp], "indifference": 5.0, "first": 3, "maximum": 3}),
        "benchmark_territories": (ess_sim.benchmark_territories, {}),
        "published_benchmark": (ess_sim.published_benchmark, {}),
        "benchmark": (
            ess_sim.benchmark,
            {
                "out": folder / "benchmark", "places": ["remote"], "policies": ["mediators"],
                "pairs": False, "replications": 2, "jobs": 1,
            },
        ),
        "Effort": (ess_sim.Effort, {"pilot": 2}),
        "choose": (
            ess_sim.choose,
            {
                "baseline": base, "budget": 1e6, "policies": ["mediators"], "places": 1, "jobs": 1,
                "effort": ess_sim.Effort(pilot=2, rounds=1, screened=2, more=2, finalists=2, maximum=4, confirmed=2),
            },
        ),
        "critical_gps": (ess_sim.critical_gps, {"scenario": base, "gps": ["gp-A-001"], "replications": 2}),
        "tipping_point": (ess_sim.tipping_point, {"scenario": base, "threshold": 20.0, "replications": 2}),
        "progress": (ess_sim.progress, {}),
        "explain": (ess_sim.explain, {"scenario": base}),
        "plot_costs": (
            ess_sim.plot_costs,
            {
                "pairs": costs.pairs,
                "curve": acceptability(costs.pairs, (100.0, 300.0)),
                "path": folder / "costs.png",
                "baseline": "base",
            },
        ),
        "plot_share": (ess_sim.plot_share, {"results": results, "path": folder / "share.png"}),
        "stress_sheet": (ess_sim.stress_sheet, {"path": folder / "scenario.yaml"}),
    }  # fmt: skip
    return {name: Call(function, arguments) for name, (function, arguments) in made.items()}


class Hangs(BaseException):
    """A call that does not end."""


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Ends what does not end of itself."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (the signature is signal's)
        raise Hangs

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(function: Callable[..., Any], arguments: Mapping[str, Any], seconds: int = 60) -> str:
    """How a call ends: ``result``, ``refused: …`` by the package, or what must not be."""
    try:
        with at_most(seconds), warnings.catch_warnings():
            warnings.simplefilter("error")
            function(**arguments)
    except ess_sim.EssSimError as error:
        return f"refused: {error}"
    except BaseException as error:  # also SystemExit
        return f"{type(error).__name__}: {error}"
    return "result"
