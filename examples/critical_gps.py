"""Which GP would be missed most, and how many can go: Laval a year after departures without notice.

Run it with ``python examples/critical_gps.py``.
"""

from typing import Any

import ess_sim

COMMUNES = 5
THRESHOLD = 20.0  # %: every fifth adult without MT


def main(replications: int = 20, years: int = 1, jobs: int = 1) -> None:
    """Ranks one GP of each of some communes, then sends the oldest away until the threshold is exceeded."""
    laval = ess_sim.read_scenario(ess_sim.scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=years)
    settings: dict[str, Any] = {"replications": replications, "seed": 1, "jobs": jobs, "months": 12 * years}
    providers = ess_sim.simulate(laval, seed=1).providers
    today, end = providers["date"].min(), providers["date"].max()
    gps = providers[(providers["date"] == today) & (providers["kind"] == "liberal")]

    # GPs of one commune differ by chance alone: one of each shows where a loss hurts
    zones = gps["zone"].value_counts().index[:COMMUNES]
    some = gps[gps["zone"].isin(zones)].drop_duplicates("zone")["provider"].astype(str)
    table = ess_sim.critical_gps(laval, gps=some.tolist(), **settings)
    print(f"more residents without MT on {end:%Y-%m-%d} if the GP leaves the day after {today:%Y-%m-%d}")
    print("(mean, 95 % interval; who she is and how long her list is differ between replications)")
    columns = ["rank", "gp", "age", "list", "loss", "low", "high"]
    print(table[columns].to_string(index=False, float_format="{:.0f}".format))

    found = ess_sim.tipping_point(laval, threshold=THRESHOLD, **settings)
    print(f"\nadults without MT on {end:%Y-%m-%d}, in %, if so many of {len(gps)} GPs leave at once, the oldest first")
    print(found.table.to_string(index=False, float_format="{:.1f}".format))
    print(f"departures after which the mean exceeds {THRESHOLD:g} %: {found.mean_exceeds}")
    print(f"departures after which the whole 95 % interval does: {found.interval_exceeds}")


if __name__ == "__main__":
    main()
