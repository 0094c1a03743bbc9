"""A scenario as a function that other libraries can call: parameter values and a replication in, outcomes out.

sim-tools, the EMA workbench and SALib all call a model supplied by the user; docs/interoperation.md shows each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ess_sim.experiments.draws.designs import space
from ess_sim.experiments.single_run import run_with
from ess_sim.inputs.catalogue.parameters import Parameter
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.checks import unreadable_parameters
from ess_sim.results.indicators.outcomes import at_end

__all__ = ["ScenarioModel", "uncertainties"]


@dataclass(frozen=True)
class ScenarioModel:
    """A scenario that is run once at each call.

    Parameters
    ----------
    scenario : Scenario
    seed : int
        Root seed, ≥ 0. Calls with the same replication share all random numbers that their parameters do not affect.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> laval = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    >>> model = ScenarioModel(laval, seed=1)
    >>> model(informed_share=0.9)["share_without_mt"] < model(informed_share=0.0)["share_without_mt"]
    True
    """

    scenario: Scenario
    seed: int = 1

    def __call__(self, *, replication: int = 0, **parameters: float) -> dict[str, float]:
        """Outcomes at the horizon (unit: see `OUTCOMES`, shares in 0–1; NaN where undefined).

        Parameters
        ----------
        replication : int
            Number of the replication, ≥ 0.
        **parameters : float
            Values by catalogue name, which replace the catalogue's or the scenario's own.

        Raises
        ------
        ScenarioError
            For a parameter that is unknown, out of range, or not read in this scenario.
        ValueError
            For a negative seed or replication.
        """
        run = run_with(self.scenario, parameters, seed=self.seed, replication=replication)
        return at_end(run.outcomes())

    def single_run(self, replication_number: int) -> dict[str, float]:
        """One replication with the scenario's own parameters, as sim-tools' ``ReplicationsAlgorithm`` calls it."""
        return self(replication=replication_number)

    @property
    def uncertain(self) -> tuple[Parameter, ...]:
        """What may vary: parameters of `space` that the scenario reads and does not set itself."""
        free = [p for p in space() if p.name not in self.scenario.parameters]
        unread = dict(unreadable_parameters(self.scenario, [p.name for p in free]))
        return tuple(p for p in free if p.name not in unread)


def uncertainties(parameters: Sequence[Parameter]) -> list[Any]:
    """Parameters for the EMA workbench: each a ``RealParameter``, uniform from its low to its high value.

    Parameters
    ----------
    parameters : sequence of Parameter
        From `space` or `ScenarioModel.uncertain`.

    Raises
    ------
    ImportError
        If the EMA workbench is not installed.

    Examples
    --------
    >>> (share,) = uncertainties(space(["informed_share"]))
    >>> share.name, share.lower_bound, share.upper_bound
    ('informed_share', 0.0, 0.9)
    """
    try:
        from ema_workbench import RealParameter
    except ImportError as error:
        raise ImportError("uncertainties need the EMA workbench: pip install ema_workbench") from error
    return [RealParameter(p.name, p.low, p.high) for p in parameters]
