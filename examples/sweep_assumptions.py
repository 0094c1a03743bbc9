"""How far the SMP's effect depends on what is not known: one assumption at a time, from its low to its high value.

The four open questions of the field (hand-over, length of the search, giving up, settling), what makes the sum of
targets over adults, the share of informed callers, and how fast an opening is heard of. Run it with
``python examples/sweep_assumptions.py``.
"""

import pandas as pd

import ess_sim
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


def sweep(replications: int, years: int, jobs: int) -> pd.DataFrame:
    """Baseline and SMP at the low, central and high value of each swept parameter."""
    folder = ess_sim.scenarios_dir() / "laval"
    files = {"baseline": folder / "baseline.yaml", "smp": folder / "smp.yaml"}
    pair = {key: ess_sim.read_scenario(path).with_(horizon_years=years) for key, path in files.items()}
    central: list[tuple[str, dict[str, float]]] = [("central", {})]
    ends = [(f"{n}.{end}", {n: getattr(ess_sim.catalogue()[n], end)}) for n in SWEPT for end in ("low", "high")]
    scenarios = [s.with_parameters(f"{label}.{key}", **o) for label, o in central + ends for key, s in pair.items()]
    with ess_sim.progress() as say:
        results = ess_sim.run_experiment(scenarios, replications=replications, seed=1, jobs=jobs, progress=say)

    outcomes = results.outcomes()
    last = outcomes[(outcomes["outcome"] == "share_without_mt") & (outcomes["date"] == outcomes["date"].max())]
    shares = 100 * last.pivot(index="replication", columns="scenario", values="value")
    rows = []
    for label, overrides in central + ends:
        difference = shares[f"{label}.smp"] - shares[f"{label}.baseline"]
        half = half_width(difference.to_numpy())
        lists = [_centre_list(results.run(f"{label}.smp", r), min(3, years)) for r in range(replications)]
        rows.append(
            {
                "assumption": label,
                "value": next(iter(overrides.values()), float("nan")),
                "targets / adults": _targets_to_adults(results.run(f"{label}.baseline", 0)),
                "baseline %": shares[f"{label}.baseline"].mean(),
                "SMP - baseline, points": difference.mean(),
                "low": difference.mean() - half,
                "high": difference.mean() + half,
                "SMP list, year 3": sum(lists) / len(lists),
            }
        )
    return pd.DataFrame(rows)


def _targets_to_adults(run: ess_sim.Run) -> float:
    """Sum of the practices' targets over adults on day 0."""
    day0 = run.providers[run.providers["date"] == run.providers["date"].min()]
    return float(day0["target"].sum() / run.share_without_mt()["adults"].iloc[0])


def _centre_list(run: ess_sim.Run, after_years: int) -> float:
    """Residents on the SMP's list so many years after the opening."""
    centre = run.providers[run.providers["kind"] == "centre"]
    when = run.providers["date"].min() + pd.DateOffset(years=after_years)
    return float(centre.loc[centre["date"] <= when, "list"].iloc[-1])


def main(replications: int = 20, years: int = 10, jobs: int = 2) -> None:
    """Prints the sweep."""
    print(sweep(replications, years, jobs).to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
