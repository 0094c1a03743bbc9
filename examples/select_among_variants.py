"""Twenty ways to staff Laval's SMP: which is the best, and which of them are worth their doctors.

The selection drops a variant as soon as it is clearly worse than another, so that most of them run a few times only.
Run it with ``python examples/select_among_variants.py``.
"""

import ess_sim
from ess_sim.model.policies.smp import Smp

RETIRED = range(2, 21, 2)
INTERNS = (0, 1)  # in three rooms there is no place for a second one
INDIFFERENCE = 0.2  # percentage points of residents without MT that make no difference worth having


def staffed(smp: ess_sim.Scenario, retired: int, interns: int) -> ess_sim.Scenario:
    """The SMP with so many posts for retired GPs, and so many interns a semester."""
    (policy,) = smp.policies
    assert isinstance(policy, Smp)
    staff = {
        "retired_gps": policy.retired_gps.model_copy(update={"count": retired}),
        "interns": policy.interns.model_copy(update={"per_semester": interns}),
    }
    return smp.with_(name=f"retired-{retired}.interns-{interns}", policies=[policy.model_copy(update=staff)])


def main(replications: int = 20, years: int = 5, jobs: int = 2) -> None:
    """Selects the best, then shows effect against the full-time posts that are paid for."""
    folder = ess_sim.scenarios_dir() / "laval"
    baseline, smp = (
        ess_sim.read_scenario(folder / name).with_(horizon_years=years) for name in ("baseline.yaml", "smp.yaml")
    )
    posts = {(retired, interns): staffed(smp, retired, interns) for retired in RETIRED for interns in INTERNS}
    first = max(3, replications // 2)  # fewer say nothing of how the variants vary
    chosen = ess_sim.select(
        list(posts.values()),
        indifference=INDIFFERENCE,
        first=first,
        maximum=max(first, 2 * replications),
        seed=1,
        jobs=jobs,
    )
    print(chosen.table.to_string(index=False, float_format="{:.2f}".format))
    print("best:", chosen.best or f"one of {', '.join(chosen.survivors)}: not enough runs to tell")

    # without interns, effect against cost: the retired GPs' full-time equivalents
    costs = {posts[retired, 0].name: 0.2 * retired for retired in RETIRED} | {baseline.name: 0.0}
    without_interns = [baseline, *(posts[retired, 0] for retired in RETIRED)]
    with ess_sim.progress() as say:
        results = ess_sim.run_experiment(without_interns, replications=replications, seed=1, jobs=jobs, progress=say)
    print("on", results.recorded(baseline.name)[-1].date())
    print(ess_sim.front(results, costs).to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
