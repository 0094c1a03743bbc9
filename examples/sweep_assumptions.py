"""How far the SMP's effect depends on what is not known: one assumption at a time, from its low to its high value.

The four open questions of the field (hand-over, length of the search, giving up, settling), what makes the sum of
targets over adults, the share of informed callers, and how fast an opening is heard of. Run it with
``python examples/sweep_assumptions.py``.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

import ess_sim
from ess_sim.results.run import RunTables
from ess_sim.results.statistics.intervals import half_width

SWEPT = (
    "list_fill",
    "capacity_elasticity",
    "informed_share",
    "opening_news_rate_per_year",
    "handover_share",
    "call_rate_per_year",
    "give_up_rate_per_year",
    "settle_probability",
)


def sweep(
    replications: int,
    years: int,
    jobs: int,
    progress: Callable[[int, int, str], None] | None = None,
    out: Path | None = None,
) -> pd.DataFrame:
    """Baseline and SMP at the low, central and high value of each swept parameter; runs are kept in ``out``."""
    folder = ess_sim.scenarios_dir() / "laval"
    files = {"baseline": folder / "baseline.yaml", "smp": folder / "smp.yaml"}
    pair = {key: ess_sim.read_scenario(path).with_(horizon_years=years) for key, path in files.items()}
    central: list[tuple[str, dict[str, float]]] = [("central", {})]
    ends = [(f"{n}.{end}", {n: getattr(ess_sim.catalogue()[n], end)}) for n in SWEPT for end in ("low", "high")]
    scenarios = [s.with_parameters(f"{label}.{key}", **o) for label, o in central + ends for key, s in pair.items()]
    results = ess_sim.run_experiment(
        scenarios, replications=replications, seed=1, jobs=jobs, progress=progress, out=out
    )

    outcomes = results.outcomes()
    last = outcomes[(outcomes["outcome"] == "share_without_mt") & (outcomes["date"] == outcomes["date"].max())]
    shares = 100 * last.pivot(index="replication", columns="scenario", values="value")
    runs = results.each(lambda run: _of_run(run, min(3, years))).groupby("scenario", observed=True).mean()
    rows = []
    for label, overrides in central + ends:
        difference = shares[f"{label}.smp"] - shares[f"{label}.baseline"]
        half = half_width(difference.to_numpy())
        rows.append(
            {
                "assumption": label,
                "value": next(iter(overrides.values()), float("nan")),
                "targets / adults": runs.loc[f"{label}.baseline", "targets"],
                "baseline %": shares[f"{label}.baseline"].mean(),
                "SMP - baseline, points": difference.mean(),
                "low": difference.mean() - half,
                "high": difference.mean() + half,
                "SMP list, year 3": runs.loc[f"{label}.smp", "list"],
            }
        )
    return pd.DataFrame(rows)


def _of_run(run: RunTables, after_years: int) -> pd.DataFrame:
    """Sum of the practices' targets over adults on day 0, and residents on the SMP's list so many years later."""
    providers, first = run.table("providers"), run.table("snapshots")
    first = first[first["date"] == first["date"].min()]
    opened = providers["date"].min()
    day0 = providers[providers["date"] == opened]
    centre = providers[
        (providers["kind"] == "centre") & (providers["date"] <= opened + pd.DateOffset(years=after_years))
    ]
    targets = float(day0["target"].sum() / first["adults"].sum())
    return pd.DataFrame({"targets": [targets], "list": [float(centre["list"].iloc[-1]) if len(centre) else 0.0]})


def main(replications: int = 20, years: int = 10, jobs: int = 2) -> None:
    """Prints the sweep."""
    with ess_sim.progress() as say:
        table = sweep(replications, years, jobs, progress=say)
    print(table.to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
