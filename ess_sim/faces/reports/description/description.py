"""What a run starts from, for its reader: numbers, a text and a picture."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from ess_sim.arguments import checked
from ess_sim.faces.reports.description.lines import counted, fewest_gps, headline, lines_of
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech
from ess_sim.inputs.notebooks.cards import card, table_of
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.run.situation import Situation, situation_of

__all__ = ["Description", "describe"]


class Description(Situation):
    """What a scenario starts from, with the tables of `Situation`, as `describe` makes it.

    Attributes
    ----------
    ages, zones, gp_ages, figures : pandas.DataFrame
        Residents by age; zones with their GPs, ways and residents without MT; GPs by age; every input with its grade.
    """

    @checked
    def text(self, lang: Language = "en") -> str:
        """One screen: at most 40 lines of 80 columns, the last one ending with a line break.

        Parameters
        ----------
        lang : {"en", "fr"}
            Sources stand as they were written.
        """
        return "\n".join(lines_of(self, Speech("description", lang))) + "\n"

    @checked
    def figure(self, lang: Language = "en") -> Any:
        """One page of six panels.

        Parameters
        ----------
        lang : {"en", "fr"}

        Returns
        -------
        matplotlib.figure.Figure
            No window opens; it can be shown in a notebook, and saved.
        """
        from ess_sim.faces.reports.description.picture import picture_of  # matplotlib is slow to load

        return picture_of(self, lang)

    @checked
    def draw(self, path: Path | str, lang: Language = "en") -> Path:
        """Write the figure, the same bytes each time.

        Parameters
        ----------
        path : path
            PNG, SVG or PDF file to write, by its suffix; replaced where it exists.
        lang : {"en", "fr"}

        Raises
        ------
        ResultsError
            For another suffix, or a file that cannot be written.
        """
        from ess_sim.faces.reports.description.picture import write_picture

        return write_picture(self, path, lang)

    def _repr_html_(self) -> str:
        """What notebooks show: numbers of day 0, and the zones whose adults share the fewest GPs."""
        speech = Speech("description", "en")
        title, where = headline(self, speech)
        facts = {
            "where": where,
            "residents": int(self.ages["residents"].sum()),
            "aged 17 or over": self.adults,
            "list-holding GPs": self.gps,
            "without MT": speech.percent(self.share_without_mt),
            "inputs": counted(self, speech),
        }
        worst = fewest_gps(self)[["zone", "name", "adults", "gps", "adults_per_gp", "share_without_mt"]]
        shown, note = table_of(worst.assign(share_without_mt=worst["share_without_mt"].map(speech.percent)))
        return card(title, facts, [shown], note=note)


@checked
def describe(scenario: Scenario, territory: Territory | None = None) -> Description:
    """What a run of a scenario starts from: residents, GPs, ways to them, residents without MT, how well it is known.

    Nothing is run or drawn by chance: these are the numbers of day 0 that all replications share.

    Parameters
    ----------
    scenario : Scenario
    territory : Territory, optional
        In place of the scenario's own, as for `simulate`.

    Returns
    -------
    Description

    Raises
    ------
    ScenarioError, TerritoryError
        As before a run, with all that is wrong.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> found = describe(read_scenario(scenarios_dir() / "laval" / "baseline.yaml"))
    >>> found.zones.loc[found.zones["name"] == "Laval", ["gps", "share_without_mt"]].round(2).values.tolist()
    [[30.0, 0.2]]
    >>> print(found.text().splitlines()[0])
    laval-baseline: Laval Agglomération without the SMP
    """
    found = situation_of(scenario, territory)
    return Description(**{field.name: getattr(found, field.name) for field in fields(Situation)})
