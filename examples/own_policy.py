"""A policy of one's own is one small class: here, a campaign by which residents learn which practices take patients.

Run it with ``python examples/own_policy.py``.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

import ess_sim


class InformationCampaign(ess_sim.Policy):
    """While it lasts, more callers know which lists take patients."""

    kind: ClassVar[str] = "information_campaign"
    about: ClassVar[str] = "Residents learn which practices take new patients."

    starts: date
    months: Annotated[int, Field(ge=1)]
    more_informed: Annotated[float, Field(gt=0, le=1)]

    def act(self, world: ess_sim.World) -> ess_sim.Behaviour:
        """Bends a lever, waits, and lets go."""
        with world.levers.bend(informed_share=self.more_informed):
            world.note("campaign_started", self.kind)
            world.note("cost_unknown", self.kind, detail="what the campaign costs")  # else it counts as free
            yield world.at(world.today + round(self.months * 30.4375), ess_sim.Phase.POLICY, self.kind)


def main(replications: int = 20, years: int = 5, jobs: int = 2) -> None:
    """Compares Laval with and without the campaign."""
    baseline = ess_sim.read_scenario(ess_sim.scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=years)
    campaign = InformationCampaign(starts=date(2018, 1, 1), months=24, more_informed=0.3)
    variant = baseline.with_(name="laval-campaign", policies=[campaign])
    with ess_sim.progress() as say:
        results = ess_sim.run_experiment(
            [baseline, variant], replications=replications, seed=1, jobs=jobs, progress=say
        )
    table = ess_sim.compare(results, baseline="laval-baseline", outcomes=["share_without_mt", "share_seeking"])
    columns = ["outcome", "date", "difference", "low", "high"]
    print(table[columns].to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
