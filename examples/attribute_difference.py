"""Why Laval is better off with its SMP after five years: which flows moved, and which part of the SMP did it.

Run it with ``python examples/attribute_difference.py``.
"""

import ess_sim

PARTS = {
    "laval-baseline": (),
    "laval-smp-retired-only": ("retired GPs",),
    "laval-smp-interns-only": ("interns",),
    "laval-smp": ("retired GPs", "interns"),
}


def main(replications: int = 20, years: int = 5, jobs: int = 2) -> None:
    """Prints both accounts of the difference at the end."""
    files = sorted((ess_sim.scenarios_dir() / "laval").glob("*.yaml"))
    scenarios = [s.with_(horizon_years=years) for s in ess_sim.read_scenarios(files)]
    with ess_sim.progress() as say:
        results = ess_sim.run_experiment(scenarios, replications=replications, seed=1, jobs=jobs, progress=say)

    flows = ess_sim.by_flow(results, baseline="laval-baseline", scenario="laval-smp")
    columns = ["date", "cause", "residents", "half_width", "points", "points_half_width"]
    print("residents without MT, laval-smp − laval-baseline, by what moved them")
    print(flows[columns].to_string(index=False, float_format="{:.2f}".format))
    print(
        "How to read it: a cause below 0 left fewer residents without MT than in the baseline, be it by more "
        "registrations or by fewer releases; causes add up to the total, in residents and in points of the share.\n"
    )

    parts = ess_sim.shapley_of(results, PARTS)
    print("share without MT, by part of the SMP")
    print(parts.to_string(index=False, float_format="{:.2f}".format))
    print(
        "How to read it: what each part adds on average over both orders of adding them; what they do only together "
        "is shared equally."
    )


if __name__ == "__main__":
    main()
