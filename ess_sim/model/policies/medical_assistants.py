"""Medical assistants: the insurer subsidises liberal GPs who employ one and so hold a larger list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.inputs.catalogue.tariffs import assistant_subsidy
from ess_sim.model.behaviours.enrolment import Enrolment, enrol_monthly
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.base import Case, Policy, Site, ZoneCodes, zone_indices
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["MedicalAssistants"]


class MedicalAssistants(Policy):
    """Contracts for one full-time assistant each, signed month by month; a GP who leaves frees hers for another."""

    kind: ClassVar[str] = "medical_assistants"
    label: ClassVar[Words] = Words("Medical assistants of liberal GPs", "Assistants médicaux des médecins libéraux")
    about: ClassVar[str] = "Subsidised medical assistants let liberal GPs hold a larger list (contracts since 2019)."

    starts: date
    ends: date | None = None
    zones: ZoneCodes | None = Field(None, description="whose GPs may sign; left out: all zones")
    contracts: Annotated[int, Field(ge=1, le=100_000, description="contracts in force at most")]
    per_year: Annotated[float, Field(gt=0, le=100_000)] | None = Field(
        None, description="contracts signed a year after the first; left out: all at once"
    )

    field_labels: ClassVar[dict[str, Words]] = {
        "contracts": Words("contracts", "contrats"),
    }

    dose: ClassVar[Words] = Words(
        "contracts with 19 % of GPs, the target of 10,000 for 52,500; 3 % of GPs a year (Cnam 2025)",
        "19\u00a0% des médecins sous contrat, l'objectif de 10\u00a0000 pour 52\u00a0500\u00a0; 3\u00a0% par "
        "an (Cnam 2025)",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        contracts, per_year = max(1, round(0.19 * site.gps)), max(0.1, round(0.03 * site.gps, 1))
        return cls(starts=site.start, contracts=contracts, per_year=per_year)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, zones=case.zones, contracts=2, per_year=1.5)

    def limits(self, ahead: Ahead) -> Iterator[Limit]:
        """GPs who can sign on day 0, if all sign then."""
        there, n = ahead.gps_of(self.zones), self.contracts
        if n > there and self.per_year is None and not self.first_day(ahead.calendar):
            yield Limit(
                ("contracts",),
                n,
                there,
                Words(
                    f"{there} of {n} contracts can be signed on day 0: its zones have no more GPs",
                    f"contrats possibles au premier jour\u00a0: {there} sur {n}\u00a0; ses zones n'ont pas davantage "
                    "de médecins",
                ),
            )

    def act(self, world: World) -> Behaviour:
        """Contracts go to GPs of these zones by keyed priority: all at once, or one at once and then ``per_year``."""
        p = world.parameters
        name = world.unique_name(f"assistants-{self.zones[0]}" if self.zones else "assistants")
        zones = frozenset(zone_indices(world, self.zones or world.territory.zones))
        first, when = world.today, world.calendar.date
        assisted = Enrolment(
            world,
            name,
            "medical assistant",
            p["assistant_target_gain"],
            joined="assistant_contract_signed",
            left="assistant_contract_ended",
        )

        def claim() -> None:
            contracts = self.contracts
            if self.per_year is not None:
                contracts = min(contracts, 1 + int(self.per_year * (world.today - first) / DAYS_PER_YEAR))
            assisted.claim(contracts, lambda gp: gp.zone in zones)

        def owed(since: int, day: int) -> float:
            years = (day - since) / DAYS_PER_YEAR
            return sum(years * assistant_subsidy(p, when(signed), when(since)) for signed in assisted.since.values())

        yield from enrol_monthly(
            world,
            assisted,
            last=self.last_day(world.calendar),
            claim=claim,
            owed=owed,
            line="assistants",
            payer="insurer",
        )
