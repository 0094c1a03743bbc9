"""What a scenario's runs depend on besides what it says: the content of the files and the code that it names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ess_sim.errors import ResultsError
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.own_code import Code, code_of
from ess_sim.model.run.prepare import prepare, residents_of

__all__ = ["Inputs", "comparable"]


@dataclass(frozen=True)
class Inputs:
    """Digests taken once, before an experiment's first run; every process that runs compares its own with them.

    Attributes
    ----------
    territory : str
        Of the territory (`Territory.digest`), with what its CSV files held.
    residents : str
        Of who lives where.
    code : Code
        Of policies of the user's own.
    process : int
        Where they were taken.
    """

    territory: str
    residents: str
    code: Code
    process: int

    @classmethod
    def of(cls, scenario: Scenario) -> Inputs:
        """Those of a scenario that has been checked, as things are now."""
        territory = prepare(scenario)
        return cls(territory.digest, residents_of(territory), code_of(scenario.policies), os.getpid())

    def check(self, scenario: Scenario) -> None:
        """Refuses to go on with other files or other code than those that the experiment began with.

        Raises
        ------
        ResultsError
            If the territory's files were changed since, or this process has imported other code.
        """
        if prepare(scenario).digest != self.territory:
            raise ResultsError("the CSV files of its territory were changed after the experiment began: run it again")
        if os.getpid() != self.process and code_of(scenario.policies).fixed != self.code.fixed:
            raise ResultsError(
                "the code of its policies is not the same in this process as in that which began the experiment: files "
                "or constants were changed meanwhile; start Python anew"
            )


def comparable(compared: Mapping[str, str], scenarios: Sequence[Scenario]) -> dict[str, str]:
    """Each scenario with its baseline (as `baselines`), without those whose baseline has other zones or residents."""
    residents = {s.name: residents_of(prepare(s)) for s in scenarios}
    return {name: base for name, base in compared.items() if residents[name] == residents[base]}
