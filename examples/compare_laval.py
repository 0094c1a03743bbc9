"""Laval with and without its Service médical de proximité: the founding question in twenty lines.

Run it with ``python examples/compare_laval.py``.
"""

import ess_sim


def main(replications: int = 20, years: int = 20, jobs: int = 2) -> None:
    """Compares the four Laval scenarios at several dates."""
    files = sorted((ess_sim.scenarios_dir() / "laval").glob("*.yaml"))
    scenarios = [s.with_(horizon_years=years) for s in ess_sim.read_scenarios(files)]
    with ess_sim.progress() as say:
        results = ess_sim.run_experiment(scenarios, replications=replications, seed=1, jobs=jobs, progress=say)

    table = ess_sim.compare(results, baseline="laval-baseline", outcomes=["share_without_mt"])
    columns = ["scenario", "date", "mean_baseline", "mean_scenario", "difference", "low", "high"]
    print(table[columns].to_string(index=False, float_format="{:.2f}".format))

    # one run more closely: who registered where, and what the centre did
    run = results.run("laval-smp", 0)
    facts = run.facts
    print(
        facts.loc[facts["event"].isin(["post_filled", "intern_hosted", "consultations"])]
        .head(12)
        .to_string(index=False)
    )
    print(run.share_without_mt(by="age_band").tail(5).to_string(index=False))


if __name__ == "__main__":
    main()
