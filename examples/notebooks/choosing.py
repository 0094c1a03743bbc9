# %% [markdown]
# # Choosing among variants
#
# How many posts for retired GPs does Laval's centre need? A few variants, the best of them, and what each is worth.

# %%
import ess_sim
from ess_sim.model.policies.smp import Smp

POSTS, REPLICATIONS, YEARS, JOBS = (4, 8, 12, 16), 20, 5, 2

# %%
folder = ess_sim.scenarios_dir() / "laval"
baseline, smp = (
    scenario.with_(horizon_years=YEARS)
    for scenario in ess_sim.read_scenarios([folder / "baseline.yaml", folder / "smp.yaml"])
)
(policy,) = smp.policies

# %% [markdown]
# ## The variants
#
# Scenarios never change: `with_` and `model_copy` make others.


# %%
def staffed(posts: int) -> ess_sim.Scenario:
    """The centre with so many posts."""
    assert isinstance(policy, Smp)
    retired = policy.retired_gps.model_copy(update={"count": posts})
    return smp.with_(
        name=f"retired-{posts}",
        title={"en": f"{posts} posts for retired GPs", "fr": f"{posts} postes de médecins retraités"},
        policies=[policy.model_copy(update={"retired_gps": retired})],
    )


variants = [staffed(posts) for posts in POSTS]
variants[0]

# %% [markdown]
# ## The best, from as few runs as it takes
#
# A variant is dropped as soon as it is clearly worse than another one; differences below 0.2 points do not matter here.

# %%
chosen = ess_sim.select(
    variants, indifference=0.2, first=max(3, REPLICATIONS // 2), maximum=max(3, 2 * REPLICATIONS), seed=1, jobs=JOBS
)
chosen

# %% [markdown]
# ## All of them against doing nothing
#
# The effect of each, with its interval, and whether another one does more for less.

# %%
results = ess_sim.run_experiment([baseline, *variants], replications=REPLICATIONS, seed=1, jobs=JOBS)
results

# %%
full_time = {baseline.name: 0.0, **{f"retired-{posts}": 0.2 * posts for posts in POSTS}}
ess_sim.front(results, full_time)
