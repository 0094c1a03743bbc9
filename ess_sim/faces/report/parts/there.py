"""What a section is about, or a note of why it is not there: nothing is compared, or a table was not kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ess_sim.errors import NotKeptError, ResultsError
from ess_sim.faces.report.gather.batch import Batch
from ess_sim.faces.report.parts.blocks import Prose, Section
from ess_sim.faces.report.parts.voice import Voice

__all__ = ["found_or_note"]


_Found = TypeVar("_Found")


def found_or_note(
    section: Section,
    batch: Batch,
    voice: Voice,
    gather: Callable[[Batch], _Found],
    *,
    missing: str = "",
    otherwise: str = "",
    alone: bool = False,
) -> _Found | None:
    """What is gathered of a batch; None, and a note in the section, where there is nothing to show.

    Parameters
    ----------
    section : Section
    batch : Batch
    voice : Voice
    gather : callable
    missing : str
        Phrase for a table that was not kept.
    otherwise : str
        Phrase for anything else that the results cannot be asked; without one it is an error.
    alone : bool
        Whether there is something to show of scenarios that are not compared, too.
    """
    note = ""
    if not (batch.compared or alone):
        note = "nothing_compared"
    else:
        try:
            return gather(batch)
        except NotKeptError:
            note = missing
        except ResultsError:
            if not otherwise:
                raise
            note = otherwise
    section.add(Prose(voice.say(note), "note"))
    return None
