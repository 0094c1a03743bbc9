# %% [markdown]
# # Laval: what did the Service médical de proximité change?
#
# A notebook in percent format: VS Code and PyCharm run it cell by cell, Jupyter opens it with jupytext
# (*Open With, Notebook*), and Python runs it as a script.
# An object at the end of a cell is shown as a card; nothing here takes more than a few minutes.

# %%
import ess_sim

REPLICATIONS, YEARS, JOBS = 20, 5, 2

# %% [markdown]
# ## Where, and what is done
#
# A scenario is a territory, its supply, its residents and its policies from one day on.
# The baseline is Laval Agglomération without the centre; the other one differs by one policy.

# %%
folder = ess_sim.scenarios_dir() / "laval"
baseline, smp = (
    scenario.with_(horizon_years=YEARS)
    for scenario in ess_sim.read_scenarios([folder / "baseline.yaml", folder / "smp.yaml"])
)
smp

# %%
print(ess_sim.explain(smp, baseline))

# %% [markdown]
# ## Many futures of each, on the same random numbers
#
# Replications of one number share their random numbers in all scenarios: the difference is taken within each.

# %%
results = ess_sim.run_experiment([baseline, smp], replications=REPLICATIONS, seed=1, jobs=JOBS)
results

# %%
ess_sim.compare(results, baseline=baseline.name, outcomes=["share_without_mt", "share_without_mt_ald"])[
    ["outcome", "date", "difference", "low", "high", "unit"]
]

# %% [markdown]
# ## One future more closely
#
# Facts are dated: which post was filled when, who retired, what the centre did.

# %%
run = results.run(smp.name, 0)
run

# %%
run.facts.loc[run.facts["event"].isin(["post_filled", "intern_hosted"]), ["date", "event", "actor", "zone"]].head(10)

# %% [markdown]
# ## A policy of your own, defined here
#
# A class is enough. It travels to the worker processes by its code, and the results know that code:
# change a line of `act`, and a results folder refuses to mix old runs with new ones.

# %%
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field


class InformationCampaign(ess_sim.Policy):
    """While it lasts, more callers know which lists take patients."""

    kind: ClassVar[str] = "information_campaign"

    starts: date
    months: Annotated[int, Field(ge=1)]
    more_informed: Annotated[float, Field(gt=0, le=1)]

    def act(self, world: ess_sim.World) -> ess_sim.Behaviour:
        """Bends a lever, waits, and lets go."""
        with world.levers.bend(informed_share=self.more_informed):
            world.note("cost_unknown", self.kind, detail="what the campaign costs")
            yield world.at(world.today + round(self.months * 30.4375), ess_sim.Phase.POLICY, self.kind)


campaign = InformationCampaign(starts=date(2018, 1, 1), months=24, more_informed=0.3)
informed = baseline.with_(name="laval-informed", title="Laval with a campaign", policies=[campaign])

# %%
both = ess_sim.run_experiment([baseline, informed], replications=REPLICATIONS, seed=1, jobs=JOBS)
ess_sim.summary(both, baseline=baseline.name)
