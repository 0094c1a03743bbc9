"""Which policy kinds exist. A user's own is named by a dotted path, ``package.module:Class``."""

from __future__ import annotations

import importlib

from ess_sim.errors import ScenarioError, did_you_mean
from ess_sim.inputs.scenario.policy_model import Kinds, use_kinds
from ess_sim.model.policies.ald_campaign import AldCampaign
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.cesp import Cesp
from ess_sim.model.policies.departures import Departures
from ess_sim.model.policies.grant_cut import GrantCut
from ess_sim.model.policies.host_interns import HostInterns
from ess_sim.model.policies.later_retirement import LaterRetirement
from ess_sim.model.policies.lift_barriers import LiftBarriers
from ess_sim.model.policies.mediators import Mediators
from ess_sim.model.policies.medical_assistants import MedicalAssistants
from ess_sim.model.policies.medicobus import Medicobus
from ess_sim.model.policies.nurse_delegation import NurseDelegation
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.policies.outreach_van import OutreachVan
from ess_sim.model.policies.planned_handover import PlannedHandover
from ess_sim.model.policies.recruit_retired_gps import RecruitRetiredGps
from ess_sim.model.policies.regulated_installation import RegulatedInstallation
from ess_sim.model.policies.rotating_doctors import RotatingDoctors
from ess_sim.model.policies.secpa_rollout import SecpaRollout
from ess_sim.model.policies.settlement_grant import SettlementGrant
from ess_sim.model.policies.smp import Smp
from ess_sim.model.policies.solidarity_days import SolidarityDays

__all__ = ["KINDS", "policy_class"]


KINDS: dict[str, type[Policy]] = {
    cls.kind: cls
    for cls in (
        AldCampaign,
        Cesp,
        Departures,
        GrantCut,
        HostInterns,
        LaterRetirement,
        LiftBarriers,
        Mediators,
        MedicalAssistants,
        Medicobus,
        NurseDelegation,
        OpenCentre,
        OutreachVan,
        PlannedHandover,
        RecruitRetiredGps,
        RegulatedInstallation,
        RotatingDoctors,
        SecpaRollout,
        SettlementGrant,
        Smp,
        SolidarityDays,
    )
}


def policy_class(kind: str) -> type[Policy]:
    """The class of a policy kind.

    Raises
    ------
    ScenarioError
        For an unknown kind (with the nearest known one), or a dotted path that leads to no `Policy`.

    Examples
    --------
    >>> policy_class("smp").__name__
    'Smp'
    """
    if kind in KINDS:
        return KINDS[kind]
    module_name, colon, class_name = kind.partition(":")
    if not colon:
        raise ScenarioError(
            f"unknown policy {kind!r}{did_you_mean(kind, KINDS)}; one of your own is named 'module:Class'"
        )
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ScenarioError(f"policy {kind!r} cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Policy)):
        raise ScenarioError(f"{kind!r} is no subclass of ess_sim.Policy")
    return found


use_kinds(Kinds(policy_class, KINDS))
