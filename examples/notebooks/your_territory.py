# %% [markdown]
# # Your own territory, in ten minutes
#
# Change the name below to that of your intercommunality, EPT, département or communes. Public data of each commune
# come with the package: nothing is downloaded.

# %%
import ess_sim

PLACE, REPLICATIONS, YEARS, JOBS = "Sud Nivernais", 20, 10, 2

# %%
ess_sim.search_territories("nivernais")

# %% [markdown]
# ## What is known before any run
#
# `for_territory` fills every number from public data; what is measured and what is assumed is said beside it.

# %%
baseline = ess_sim.Scenario.for_territory(PLACE, years=YEARS)
baseline

# %%
situation = ess_sim.describe(baseline)
print(situation.text("en"))

# %%
situation.zones.sort_values("adults", ascending=False).head()

# %% [markdown]
# ## A policy where it is needed most
#
# In its usual dose, on the zone whose residents lack GPs most. The kinds of policies: `ess_sim.policies`.

# %%
with_van = ess_sim.Scenario.for_territory(PLACE, years=YEARS, policy="medicobus")
with_van

# %%
results = ess_sim.run_experiment([baseline, with_van], replications=REPLICATIONS, seed=1, jobs=JOBS)
results

# %% [markdown]
# ## Who gains
#
# The same differences by zone: an interval that holds 0 shows no clear effect.

# %%
gains = ess_sim.compare(results, baseline=baseline.name, outcomes="share_without_mt", by="zone")
last = gains["date"] == gains["date"].max()
gains[last].sort_values("difference")[["zone", "difference", "low", "high"]].head()

# %% [markdown]
# ## Your own figures
#
# The number that changes the answer most is often a local one. Here: the CPAM counts 18 % without MT.

# %%
local = ess_sim.Scenario.for_territory(PLACE, years=YEARS, without_mt=0.18, name="local")
local.residents.without_mt
