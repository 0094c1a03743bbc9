"""What practices are paid: tariffs by date, and every adult counted once."""

from __future__ import annotations

import importlib
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hamlets import hamlets

from ess_sim.clock import Phase
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.catalogue.tariffs import tariff
from ess_sim.model import kernel as k
from ess_sim.model.behaviours.ordinary_care import pay_ordinary_care
from ess_sim.model.residents.practice import Practice
from ess_sim.model.run.simulation import build_world, simulate


@pytest.mark.parametrize(
    ("day", "euro"),
    [
        (date(1999, 1, 1), 23),
        (date(2017, 4, 30), 23),
        (date(2017, 5, 1), 25),
        (date(2023, 10, 31), 25),
        (date(2023, 11, 1), 26.5),
        (date(2024, 12, 21), 26.5),
        (date(2024, 12, 22), 30),
        (date(2060, 1, 1), 30),
    ],
)
def test_tariffs_by_date(day, euro):
    assert tariff(Parameters(), day) == euro


def test_a_tariff_can_be_overridden():
    p = Parameters({"consultation_tariff_2024_12_euro": 33.0})
    assert tariff(p, date(2025, 1, 1)) == 33
    assert "consultation_tariff_2017_05_euro" not in p.read


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    return hamlets(tmp_path_factory.mktemp("hamlets")).with_(policies=(), parameters={}, horizon_years=2)


def test_every_adult_is_paid_for_once(scenario):
    """Against a count of the residents one by one, with a centre among the providers."""
    world = build_world(scenario, seed=3, replication=0)
    counted = {}

    def opens():
        yield world.at(20, Phase.POLICY, "centre")
        practice = Practice(0, 300.0, centre=True)
        world.own(world.residents.open(20, practice), "centre", 0, centre=True)

    def counts():
        for day in (17, 200, 292, 717):  # first days of April, October, January and March
            yield world.at(day, Phase.RECORD, "auditor")
            assert world.calendar.date(day).day == 1
            world.residents.advance(day)
            people = world.residents.people()
            alive = people[people[:, k.STATE] != k.FREE]
            listed = alive[alive[:, k.STATE] == k.LISTED]
            inside = listed[listed[:, k.PROVIDER] >= 0, k.PROVIDER]
            centre = np.array([world.owner_centre[world.owner_of_slot[slot]] for slot in inside])
            counted[day] = (~centre).sum(), len(listed) - len(inside), len(alive) - len(listed), centre.sum()

    for behaviour in (opens(), counts(), pay_ordinary_care(world)):
        world.begin(behaviour)
    world.run()
    assert counted[717][3] > 20  # the centre has a list, which these accounts leave to it
    p = Parameters(scenario.parameters)
    for day, (liberal, outside, without, _) in counted.items():
        part = 17 / 31 if day == 17 else 1  # the run begins on 15 March
        cents = {(e.actor, e.line, e.payer): e.cents for e in world.entries if e.day == day}
        for actor, patients in (("liberal practices", liberal), ("practices elsewhere", outside)):
            fee = patients * part * p["consultations_per_patient"] / 12 * 25
            assert cents[actor, "consultations", "insurer"] == pytest.approx(70 * fee, abs=1)
            assert cents[actor, "consultations", "residents"] == pytest.approx(30 * fee, abs=1)
            flat = patients * part * p["flat_payment_euro_per_patient_per_year"] / 12
            assert cents[actor, "flat payments", "insurer"] == pytest.approx(100 * flat, abs=1)
        fee = without * part * p["consultations_without_mt_per_year"] / 12 * 25
        assert cents["liberal practices", "consultations without MT", "insurer"] == pytest.approx(50 * fee, abs=1)


def test_every_month_is_booked_at_its_tariff(scenario):
    run = simulate(scenario.with_(start=date(2016, 12, 20)), seed=1)
    rows = run.accounts[(run.accounts["actor"] == "liberal practices") & (run.accounts["line"] == "consultations")]
    insurer = rows[rows["payer"] == "insurer"].set_index("date")["cents"].astype(float)
    firsts = pd.date_range("2017-01-01", "2018-12-01", freq="MS").tolist()
    assert insurer.index.tolist() == [*firsts, pd.Timestamp("2018-12-20")]
    insurer.iloc[0] /= 12 / 31  # from 20 December
    insurer.iloc[-1] /= 19 / 31  # to 19 December
    lists = run.providers[run.providers["kind"] == "liberal"].groupby("date")["list"].sum()
    recorded = [*(first - pd.Timedelta(days=1) for first in firsts), pd.Timestamp("2018-12-20")]
    per_patient = insurer / 100 / lists.reindex(recorded).to_numpy() / 0.7 / 4.5 * 12
    # lists change but little from the last day of a month to the first of the next
    np.testing.assert_allclose(per_patient[:4], 23, rtol=0.01)
    np.testing.assert_allclose(per_patient[5:], 25, rtol=0.01)


def test_booking_changes_nothing_else(scenario, monkeypatch):
    run = simulate(scenario, seed=5)
    module = importlib.import_module("ess_sim.model.run.simulation")
    monkeypatch.setattr(module, "pay_ordinary_care", lambda world: (event for event in ()))  # noqa: ARG005
    without = simulate(scenario, seed=5)
    assert without.accounts.empty
    assert not run.accounts.empty
    for table in ("snapshots", "flows", "calls", "facts", "providers", "careers", "spells"):
        pd.testing.assert_frame_equal(run.table(table), without.table(table))
