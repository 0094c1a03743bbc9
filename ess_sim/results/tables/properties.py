"""A property for each table, for whatever has a method that builds or reads tables by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property

import pandas as pd

__all__ = ["TableProperties"]


class TableProperties(ABC):
    """The tables of one run or of many as properties, made when first asked for and kept."""

    @abstractmethod
    def table(self, table: str) -> pd.DataFrame:
        """One table by name."""

    @cached_property
    def snapshots(self) -> pd.DataFrame:
        """Residents by date and cell; all cells present. Columns: `describe_table`."""
        return self.table("snapshots")

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Signed changes of the residents without MT, by cause."""
        return self.table("flows")

    @cached_property
    def calls(self) -> pd.DataFrame:
        """Calls by outcome."""
        return self.table("calls")

    @cached_property
    def facts(self) -> pd.DataFrame:
        """Dated facts: who did what."""
        return self.table("facts")

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """Money booked, to the cent: by actor, line and payer."""
        return self.table("accounts")

    @cached_property
    def providers(self) -> pd.DataFrame:
        """Lists, targets and openness of list-holding GPs and centres, by date."""
        return self.table("providers")

    @cached_property
    def careers(self) -> pd.DataFrame:
        """Stretches of doctors' and interns' working lives."""
        return self.table("careers")

    @cached_property
    def spells(self) -> pd.DataFrame:
        """Ended spells without MT, by completed months."""
        return self.table("spells")

    @cached_property
    def distributions(self) -> pd.DataFrame:
        """Residents by date, zone and whole number of something, e.g. minutes to the MT."""
        return self.table("distributions")
