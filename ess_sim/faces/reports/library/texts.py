"""What the files of scenarios say, and how the page of the library is to be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ess_sim.faces.reports.markdown import plain
from ess_sim.inputs.languages.bilingual import in_language
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["key", "parts", "said"]


_LABEL = re.compile(r"(?:^|(?<=\s))(Question|Assumed|Published): ")


def parts(description: str) -> list[tuple[str, str]]:
    """A description by its labels; what stands before the first has none.

    Examples
    --------
    >>> parts("Question: how many? In one town. Published: no figure.")
    [('Question', 'How many? In one town.'), ('Published', 'No figure.')]
    >>> parts("A town.")
    [('', 'A town.')]
    """
    first, *others = _LABEL.split(" ".join(description.split()))
    pairs = [("", first), *zip(others[::2], others[1::2], strict=True)]
    texts = [(label, text.strip()) for label, text in pairs]
    return [(label, text[0].upper() + text[1:]) for label, text in texts if text]


def said(scenario: Mapping[str, Any], digest: str) -> Iterator[str]:
    """The lines of a scenario, from its heading to its sources.

    Parameters
    ----------
    scenario : mapping
        As `Scenario.to_dict` gives it.
    digest : str
        Of all that can change its results (`Scenario.digest`); not seen by readers.
    """
    yield f"### {scenario['name']}"
    yield ""
    yield f"<!-- {digest[:16]} -->"
    yield ""
    yield f"**{plain(in_language(scenario['title']) or scenario['name'])}**"
    yield ""
    for label, text in parts(in_language(scenario["description"])):
        yield f"- *{label}.* {plain(text)}" if label else f"- {plain(text)}"
    if scenario["sources"]:
        yield f"- *Sources.* {plain(' · '.join(scenario['sources']))}"


def key(n: int, years: Sequence[int]) -> Iterator[str]:
    """How to read the page, in English and in French."""
    english, french = (f" {word} ".join(map(str, years)) for word in ("and", "et"))
    enough = n >= FEWEST
    yield "## How to read this page"
    yield ""
    yield (
        "Each scenario stands beside its **twin**: the scenario that it extends, in which its mechanism is off. "
        "Runs of the two share their random numbers, so that the difference is taken run by run."
    )
    yield ""
    yield (
        f"- **Without MT** (médecin traitant): share of residents aged 17+ in %, mean of {n} replications "
        f"{'with its 95 % interval' if enough else '(too few for intervals)'}, {english} years after the scenario's "
        "start and on its last day."
    )
    yield (
        "- **Difference** from the twin: percentage points (pp); below 0 fewer residents are without MT. "
        "*Identical*: no run differs, as before a policy acts. An interval that holds 0 shows no clear effect."
    )
    yield (
        "- **Adults on the lists of centres**: those whose MT is a health centre, over all centres of the scenario, "
        "and how many centres are open in the mean run (0.4: open in four runs of ten)."
    )
    yield (
        "- **Precarious minus others, with ALD, worst tenth of zones**: differences from the twin on the last day in "
        "the gap between precarious residents and the others, in the share without MT among residents with a long-term "
        "illness, and in that of the tenth of zones that are worst off."
    )
    yield (
        "- **Intervals cover chance only**, not the uncertainty of parameters (`ess-sim run --draws national` shows "
        "that); those after one year are a little too narrow. *Published* figures are those of the sources; all "
        "figures in tables are the model's."
    )
    yield ""
    yield (
        "*En français.* Chaque scénario est comparé à son **jumeau** (*twin*) : le scénario qu'il prolonge, où son "
        "dispositif est absent. *Assumed* : ce qui est supposé ; *Published* : les chiffres publiés ; les tableaux "
        "donnent ceux du modèle. *Without MT* : part des habitants de 17 ans et plus sans médecin traitant, en %, "
        f"{french} ans après le début, puis le dernier jour (*last day*). *Difference* : écart au jumeau en points de "
        "pourcentage (négatif : moins de habitants sans médecin traitant ; *identical* : aucune simulation ne "
        "diffère). *Adults on the lists of centres* : adultes dont le médecin traitant est un centre de santé, et "
        "nombre moyen de centres ouverts. *Precarious minus others* : écart entre les précaires et les autres ; *with "
        "ALD* : patients en affection de longue durée ; *worst tenth of zones* : le dixième des zones les moins bien "
        "loties."
        + (" Entre crochets : intervalle à 95 %, qui ne couvre que le hasard des simulations." if enough else "")
    )
