"""How sure is the SMP's effect, when the assumptions are uncertain: parameters drawn together, chance kept apart.

Every draw takes all uncertain parameters anew from their ranges; baseline and SMP run with each of them, with the same
random numbers, which no other draw has. Run it with ``python examples/sweep_with_draws.py``.
"""

import ess_sim
from ess_sim.analysis.accounts.robustness import regret_table, uncertainty

DRAWS = 40
"""What is not known asks for more runs than chance does."""


def main(replications: int = 2, years: int = 10, jobs: int = 2) -> None:
    """Prints the three intervals of each level and of the difference, and what a wrong choice would cost."""
    files = [ess_sim.scenarios_dir() / "laval" / name for name in ("baseline.yaml", "smp.yaml")]
    scenarios = [s.with_(horizon_years=years) for s in ess_sim.read_scenarios(files)]
    with ess_sim.progress() as say:
        results = ess_sim.run_experiment(
            scenarios, replications=replications, draws=DRAWS, seed=1, jobs=jobs, progress=say
        )

    table = uncertainty(results, baseline="laval-baseline", outcomes="share_without_mt").set_index("scenario")
    where = ["baseline", "date", "unit", "mean"]
    # the mean over what may be, what is expected (not knowing alone), one future (with chance)
    intervals = [f"{of}_{end}" for of in ("mean", "expected", "future") for end in ("low", "high")]
    print(table[where + intervals].to_string(float_format="{:.2f}".format))

    smp = table[table["baseline"] == "laval-baseline"].set_index("date")
    print(smp[["share_not_knowing", "draws_better"]].to_string(float_format="{:.2f}".format))
    print(regret_table(results).to_string(float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
