"""Which kinds of policy there are: the package's, and those that a caller adds or allows."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ess_sim.errors import ScenarioError, did_you_mean, shortened
from ess_sim.inputs.scenario.policy_model import Kinds, use_kinds
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.own_loading import own_policy

__all__ = ["KINDS", "kinds", "policy_class"]


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
    """The class of one of the package's kinds. Nothing is imported.

    Raises
    ------
    ScenarioError
        For any other kind, with the nearest known one.

    Examples
    --------
    >>> policy_class("smp").__name__
    'Smp'
    """
    if kind in KINDS:
        return KINDS[kind]
    if ":" in kind:
        raise ScenarioError(
            f"policy {shortened(kind)!r} is Python code, and a scenario file runs none by itself: if you trust it, "
            "--allow-code imports it, from the file's folder or PYTHONPATH (in Python: read_scenario(…, "
            "allow_code=True), or an instance of the class in place of its name)"
        )
    raise ScenarioError(
        f"unknown policy {shortened(kind)!r}{did_you_mean(kind[:200], KINDS)}; one of your own is named 'module:Class'"
    )


def kinds(*, allow_code: bool = False, policies: Iterable[type[Policy]] = ()) -> Kinds:
    """The kinds that a file may name: the package's, those of the classes given, and code of its own if allowed.

    Raises
    ------
    TypeError
        For a class that is no policy, or without a kind.
    """
    given = {}
    for cls in policies:
        if not (isinstance(cls, type) and issubclass(cls, Policy)) or not isinstance(getattr(cls, "kind", None), str):
            raise TypeError(f"policies must be subclasses of ess_sim.Policy with a kind, not {cls!r}")
        given[cls.kind] = cls
    own = own_policy if allow_code else None
    if not given:
        return Kinds(policy_class, KINDS, own)
    return Kinds(lambda kind: given[kind] if kind in given else policy_class(kind), {**KINDS, **given}, own)


use_kinds(kinds())
