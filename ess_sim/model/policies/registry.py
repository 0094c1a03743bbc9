"""Which kinds of policy there are. A user's own is named by a dotted path, ``package.module:Class``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from ess_sim.errors import ScenarioError, did_you_mean
from ess_sim.inputs.scenario.policy_model import Kinds, use_kinds
from ess_sim.model.policies.base import Policy

__all__ = ["KINDS", "policy_class"]


_FILES = (
    "ald_campaign",
    "cesp",
    "departures",
    "grant_cut",
    "host_interns",
    "later_retirement",
    "lift_barriers",
    "mediators",
    "medical_assistants",
    "medicobus",
    "nurse_delegation",
    "open_centre",
    "outreach_van",
    "planned_handover",
    "recruit_retired_gps",
    "regulated_installation",
    "rotating_doctors",
    "secpa_rollout",
    "settlement_grant",
    "smp",
    "solidarity_days",
)
"""Files of this folder with a policy each: a new policy is a file, named after its kind, and a line here."""


def _policy_in(file: str) -> type[Policy]:
    """The one policy that a file defines."""
    module = importlib.import_module(f"ess_sim.model.policies.{file}")
    (found,) = (
        cls
        for cls in vars(module).values()
        if isinstance(cls, type) and issubclass(cls, Policy) and cls.__module__ == module.__name__
    )
    return found


KINDS: Mapping[str, type[Policy]] = MappingProxyType({cls.kind: cls for cls in map(_policy_in, _FILES)})
"""The package's own kinds; read-only."""


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
