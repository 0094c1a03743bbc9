"""The report: every number is one of the tables, every fault is said in red, nothing comes from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hamlets import hamlets
from pages import Page, red_lines
from stored import MADE_UP, edit, edited, interrupted, run_made_up

from ess_sim.analysis.accounts.attribution import by_flow
from ess_sim.analysis.accounts.public_cost import costs
from ess_sim.experiments.experiment import run_experiment
from ess_sim.faces.cli.app import main
from ess_sim.faces.cli.parts.compare import conclude
from ess_sim.faces.report.gather import course as gathered_course
from ess_sim.faces.report.gather import money as gathered_money
from ess_sim.faces.report.gather import places as gathered_places
from ess_sim.faces.report.gather import trust as gathered_trust
from ess_sim.faces.report.gather import why as gathered_why
from ess_sim.faces.report.gather.batch import Batch, estimate, read_batch
from ess_sim.faces.report.page import report_page
from ess_sim.faces.report.parts.blocks import Prose, Table
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.report.sections import money, places, who
from ess_sim.faces.words.glossary import phrases
from ess_sim.faces.words.parameters import name_of
from ess_sim.inputs.figures.local import is_local
from ess_sim.model.beginnings.begin import begin
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import half_width, ratio_interval

SHARE = "share_without_mt"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "six"
    run_made_up(out, 6)
    return out


@pytest.fixture(scope="module")
def html(folder):
    return report_page(folder)


@pytest.fixture(scope="module")
def results(folder):
    return Results.read(folder)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def near(shown, found, digits):
    """Rounded as shown."""
    assert np.allclose(shown, found, atol=0.5 * 10.0**-digits + 1e-9, equal_nan=True), (shown, found)


def level_of(results, name, day, outcome=SHARE):
    """Mean level with its interval."""
    table = levels(results, outcomes=outcome, dates=[day]).set_index("scenario")
    return table.loc[name, ["mean", "low", "high"]].to_list()


def interval_of(values):
    """Mean and Student interval of values, one a replication."""
    mean, half = values.mean(), float(half_width(np.asarray(values, float)))
    return [mean, mean - half, mean + half]


def test_headlines_and_forest_are_those_of_the_comparison(page, results):
    table = compare(results, baseline="base", outcomes=SHARE)
    people = compare(results, baseline="base", outcomes=SHARE, by=())
    rows = page.numbers("headlines")
    assert len(rows) == len(table) == 1
    for row, r, p in zip(rows, table.to_dict("records"), people.to_dict("records"), strict=True):
        near(row[:3], [-p["residents"], -p["residents_high"], -p["residents_low"]], 0)
        both = (level_of(results, name, r["date"]) for name in ("base", "more"))
        near(row[3:9], [x for found in both for x in found], 1)
        near([row[3], row[6]], [r["mean_baseline"], r["mean_scenario"]], 1)
        near(row[9:], [r["difference"], r["low"], r["high"]], 2)
    both = compare(results, baseline="base", outcomes=[SHARE])
    for row, r in zip(page.rows("forest"), both.to_dict("records"), strict=True):
        near([row[2], row[4], row[5]], [r["difference"], r["low"], r["high"]], 2)
        near(row[-1], 100 * r["p_better"], 0)
        if isinstance(row[6], float):
            near(row[6], r["p_holm"], 3)
        else:
            assert row[6] == "< 0.001"
            assert r["p_holm"] < 0.001


def test_the_answer_is_in_people(page, results):
    found = compare(results, baseline="base", outcomes=SHARE, by=()).iloc[-1]
    more = [f"{x:,.0f}" for x in (-found["residents"], -found["residents_high"], -found["residents_low"])]
    assert found["residents_high"] < 0
    said = "{} more adults have a médecin traitant [{}; {}]".format(*more)
    text = page.text.replace("\u00a0", " ")
    assert f"In January 2021, {said}" in text
    _, _, below = text.partition(f"In January 2021, {said}")
    assert re.match(r"[^.]*\. ?Counted as fewer adults without a médecin traitant, because", below)
    assert text.count("difference: counted as fewer adults without one") == 2  # at zones and groups
    assert "above 0 means fewer adults without" in text


@pytest.mark.parametrize(
    ("gain", "english", "french"),
    [
        (0.3, "the mean difference is less than one adult", "l'écart moyen est inférieur à un adulte"),
        (1.2, "1 more adult has a médecin traitant", "1 adulte de plus a un médecin traitant"),
        (-1.0, "1 fewer adult has a médecin traitant", "1 adulte de moins a un médecin traitant"),
        (2.0, "2 more adults have a médecin traitant", "2 adultes de plus ont un médecin traitant"),
    ],
)
def test_one_adult_is_singular_and_less_is_nothing(tmp_path, monkeypatch, gain, english, french):
    run_made_up(tmp_path / "out", 2, keep="outcomes")
    monkeypatch.setattr(gathered_course, "gains", lambda batch, _: np.full((len(batch.dates), 2), gain))
    html = report_page(tmp_path / "out")
    said = "(2 simulations, no interval): “more”"
    assert f"In January 2021, {english} {said}" in Page(html).text
    assert f"En janvier 2021, {french} (" in Page(html, "fr").text.replace("\u00a0", " ")


def test_curves_are_those_of_the_levels(html, page, results):
    data = json.loads(re.search(r'id="data">(.*?)</script>', html)[1])["charts"]
    dates = results.recorded("base")
    assert data["level"]["dates"] == [str(d)[:7] for d in dates]
    table = levels(results, outcomes=SHARE, dates=list(dates))
    for series, name in (("0", "base"), ("1", "more")):
        mine = table[table["scenario"] == name]
        near(np.array(data["level"]["series"][series]), mine[["mean", "low", "high"]].to_numpy().T, 2)
    gain = compare(results, baseline="base", outcomes=SHARE, by=(), dates=list(dates))
    near(
        np.array(data["gain"]["series"]["1"]),
        -gain[["residents", "residents_high", "residents_low"]].to_numpy().T,
        0,
    )
    yearly = page.numbers("course-table")
    last = table[(table["scenario"] == "base") & (table["date"] == dates[-1])].iloc[0]
    near([row for row in yearly if len(row) == 9][2][:3], last[["mean", "low", "high"]].to_numpy(float), 1)


def test_places_groups_and_flows_are_those_of_the_commands(page, results):
    day = [results.recorded("base")[-1]]
    zones = compare(results, baseline="base", outcomes=SHARE, by="zone", dates=day)
    share, minutes = (levels_by_zone(results, day, what) for what in (SHARE, "travel_minutes"))
    every = zip(page.numbers("place-table"), zones.to_dict("records"), share, minutes, strict=True)
    for row, r, s, m in every:
        near(row[0], r["adults"], 0)
        near(row[1:4], s, 1)
        near(row[1], r["mean_scenario"], 1)
        near(row[4:7], [r["difference"], r["low"], r["high"]], 2)
        near(row[7:10], [-r["residents"], -r["residents_high"], -r["residents_low"]], 0)
        near(row[10:13], m, 1)
        near(row[13:], gps_of(results, day[0], r["zone"]), 1)
    groups = [
        compare(results, baseline="base", outcomes=SHARE, by=by, dates=day) for by in ("age_band", "ald", "precarious")
    ]
    every = [r for table in groups for r in table.to_dict("records")]
    for row, r in zip(page.numbers("who-table"), every, strict=True):
        near(row[0], r["adults"], 0)
        near([row[1], *row[4:7]], [r["mean_baseline"], r["difference"], r["low"], r["high"]], 1)
        assert row[2] <= row[1] <= row[3]
        near(row[7:], [-r["residents"], -r["residents_high"], -r["residents_low"]], 0)
    flows = by_flow(results, baseline="base", scenario="more")
    flows = flows[(flows["residents"] != 0) | (flows["half_width"] > 0) | (flows["cause"] == "total")]
    for row, r in zip(page.numbers("why-table"), flows.to_dict("records"), strict=True):
        near(row, [-r["residents"], -r["residents"] - r["half_width"], -r["residents"] + r["half_width"]], 0)


def test_areas_beyond_chance_are_those_without_hatching(folder, page):
    batch = read_batch(folder)
    voice, found = Voice(batch), gathered_places.places(batch)
    gain = np.full((1, 2), 0.1)  # by people neither is beyond chance, by share the second is
    cells = replace(
        found.cells["more"],
        gain=gain, gain_low=gain - 1, gain_high=gain + 1,
        points=-gain, points_low=np.array([[-0.2, -0.2]]), points_high=np.array([[0.1, -0.1]]),
    )  # fmt: skip
    said = places._summary(voice, replace(found, cells={"more": cells}), "more", 0, few=False)
    assert "excludes 0 in 1 of 2 areas. By chance alone it would in about 0.1," in said.en
    assert "exclut 0\u00a0: 1 sur 2. Le hasard seul en donnerait environ 0,1," in said.fr
    assert places._classes(cells, "points", 0, {"points": [0.0]})[1] == [True, False]
    rows = page.numbers("place-table")
    beyond = sum(row[5] > 0 or row[6] < 0 for row in rows)
    assert f"excludes 0 in {beyond} of {len(rows)} areas." in page.text.replace("\u00a0", " ")


def test_registrations_at_centres_are_set_beside_others_with_an_interval(centre, centre_html):
    batch = read_batch(centre)
    parts = gathered_why.why(batch).parts["smp"]
    cause = by_flow(batch.results, baseline="base", scenario="smp").set_index("cause")["residents"]
    near([parts.centre.mean, parts.total.mean], [-cause["registered_centre"], -cause["total"]], 6)
    near(parts.of_total.mean, 100 * cause["total"] / cause["registered_centre"], 6)
    assert "a ratio of accounts, not of causes" in Page(centre_html).text
    part, whole = np.array([4.0, 6.0, 5.0, 5.5, 4.5]), np.array([10.0, 11.0, 9.0, 10.0, 10.0])
    share = gathered_why._percent(part, whole)
    assert [share.mean, share.low, share.high] == [50.0, *(100 * x for x in ratio_interval(part, whole))]
    assert np.isnan(gathered_why._percent(part[:4], whole[:4]).low)
    less = gathered_why.Parts(*(estimate(x) for x in (whole, -part, part)), share, share)
    low, high = f"{share.low:.0f}", f"{share.high:.0f}"
    said = who._displaced(Voice(batch), "smp", less)
    assert f"10 registrations at centres, 5 fewer with liberal GPs, which is 50 % [{low};\u00a0{high}] of" in said.en
    assert f"soit 50\u00a0% [{low}\u00a0;\u00a0{high}] des déclarations" in said.fr


def levels_by_zone(results, day, outcome):
    frame = results.by_group([outcome], ["zone"], day)
    scale = 100 if outcome == SHARE else 1
    values = frame[frame["scenario"] == "more"].groupby("zone", observed=True)["value"]
    return [interval_of(scale * each.to_numpy()) for _, each in values]


def gps_of(results, day, zone):
    rows = results.table("providers")
    rows = rows[(rows["scenario"] == "more") & (rows["kind"] == "liberal") & (rows["date"] == day)]
    counts = rows[rows["zone"].astype(str) == zone].groupby("replication").size()
    return interval_of(np.append(counts, np.zeros(6 - len(counts))))


def test_costs_are_those_of_the_command(page, results):
    table = costs(results, baseline="base", discount=0.025).table
    net = table[table["measure"] == "net"].set_index("of")
    public = next(row for row in page.rows("payers") if row[1] == "all public payers")
    found = [x for x in public if isinstance(x, float)]
    near([found[3], found[4], found[5]], net.loc["public", ["mean", "low", "high"]].to_numpy(float) / 1000, 0)
    gain = table[table["measure"] == "gain"].iloc[0]
    near(page.numbers("worth")[0], gain[["mean", "low", "high"]].to_numpy(float), 0)
    assert "over the whole period, money and years discounted at 2.5 % a year: net" in page.text.replace("\u00a0", " ")


def test_the_page_asks_for_nothing(html):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', html)[1].replace("&#39;", "'")
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert not re.search(r'\s(src|style|on\w+)="|@import|url\((?!#hatch)', html)
    assert set(re.findall(r'href="(.)', html)) == {"#"}


def test_both_languages_say_the_same_numbers(html):
    english, french = Page(html, "en"), Page(html, "fr")
    one, other = ({name: p.numbers(name) for name in p.tables} for p in (english, french))
    assert str(one) == str(other)  # a dash is not equal to itself
    assert "Peut-on s'y fier" in french.text
    assert "Can I trust this?" not in french.text
    assert "What it costs" not in french.text


def test_phrases_have_the_same_places_in_both_languages():
    assert {k: v for k, v in phrases("report").items() if v.en.count("{}") != v.fr.count("{}")} == {}


def test_markup_in_titles_is_text(tmp_path):
    run_made_up(tmp_path / "out", 2)

    def change(said):
        for entry in said["scenarios"].values():
            entry["scenario"].update(title="<script>alert(1)</script>", description="</script><b>x</b>")

    edit(tmp_path / "out" / "manifest.json", change)
    page = report_page(tmp_path / "out")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<script") == page.count("</script>") == 2
    assert "<b>x" not in page


def test_titles_in_two_languages(tmp_path):
    run_made_up(tmp_path / "out", 2, keep="outcomes")
    titles = {"en": "More places", "fr": "Plus de places"}
    edit(tmp_path / "out" / "manifest.json", lambda m: m["scenarios"]["more"]["scenario"].update(title=titles))
    page = report_page(tmp_path / "out", lang="fr")
    assert "<title>Rapport\u00a0: Plus de places</title>" in page
    assert "More places" in Page(page, "en").text
    assert "More places" not in Page(page, "fr").text


def test_what_voids_a_comparison_is_red(tmp_path, html):
    assert red_lines(html) == []
    run_made_up(tmp_path / "one", 1, keep="outcomes")
    assert [line.partition(":")[0] for line in red_lines(report_page(tmp_path / "one"))] == ["One replication"]
    interrupted(tmp_path / "half", 11, 6, keep="outcomes")
    (half,) = red_lines(report_page(tmp_path / "half"))
    assert half.startswith("Unfinished: 11 of 12 runs are there. Only the 5 of 6 replications")
    idle = [MADE_UP[0], MADE_UP[0].with_(name="same")]
    run_made_up(tmp_path / "idle", 6, scenarios=idle, keep="outcomes")
    assert "say the same" in red_lines(report_page(tmp_path / "idle"))[0]


def test_scenarios_of_two_territories(tmp_path):
    base = hamlets(tmp_path).with_(name="base", policies=(), parameters={}, horizon_years=1)
    other = base.with_(name="other", territory=MADE_UP[0].territory, supply={}, residents={})
    run_experiment([base, other], replications=2, out=tmp_path / "out")
    page = report_page(tmp_path / "out")
    assert any("are of different territories" in line for line in red_lines(page))
    assert "Nothing is compared" in Page(page).text


def test_scenarios_without_a_common_day_make_no_report_and_lose_no_run(tmp_path, capsys):
    base = hamlets(tmp_path).with_(name="hamlets", policies=(), parameters={}, horizon_years=1)
    run_experiment([base, MADE_UP[0]], replications=1, jobs=1, out=tmp_path / "out", keep="outcomes")
    assert main(["report", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "share none (hamlets: 2018-03-15 to 2019-03-15; base: 2020-01-15 to 2021-01-15): run those of each" in line
    conclude(Results.read(tmp_path / "out"), {}, tmp_path / "out", figure=True, report=True)
    said = capsys.readouterr().out
    assert said.startswith("the scenarios have no recorded date in common: nothing is compared, drawn or reported\n\n")
    assert re.search(r"^results +\S+out$", said, re.MULTILINE)
    assert not {"report.html", "share.png", "comparison.csv"} & {path.name for path in (tmp_path / "out").iterdir()}


def test_one_scenario_and_zones_without_outlines(tmp_path):
    smp = hamlets(tmp_path).with_(name="hamlets", parameters={}, horizon_years=2)
    run_experiment([smp], replications=2, out=tmp_path / "out")
    page = Page(report_page(tmp_path / "out"))
    assert "No map: there are no outlines for these zones" in page.text
    assert len(page.rows("place-table")) == 4
    assert len(page.rows("centre-table")) == 2
    square = [[[0, 48], [0.1, 48], [0.1, 48.1], [0, 48]]]
    features = [
        {"type": "Feature", "id": z, "properties": {}, "geometry": {"type": "Polygon", "coordinates": square}}
        for z in "ABCD"
    ]
    own = tmp_path / "own.geojson"
    own.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    assert 'data-map="share"' in report_page(tmp_path / "out", geojson=own)


@pytest.fixture(scope="module")
def centre(tmp_path_factory):
    where = tmp_path_factory.mktemp("centre")
    smp = hamlets(where).with_(name="smp", parameters={}, horizon_years=2)
    run_experiment([smp.with_(name="base", policies=()), smp], replications=2, out=where / "out")
    return where / "out"


@pytest.fixture(scope="module")
def centre_html(centre):
    return report_page(centre)


def test_a_centre_is_counted_in_people_in_fte_and_in_money(centre, centre_html):
    results = Results.read(centre)
    page, french = Page(centre_html), Page(centre_html, "fr").text.replace("\u00a0", " ")
    careers, accounts = (t[t["scenario"] == "smp"] for t in map(results.table, ("careers", "accounts")))
    end = np.datetime64("2019-12-31")
    there = careers["mode"].isin(["sessions", "salaried"]) & (careers["from"] <= end) & ~(careers["to"] <= end)
    heads, fte = there.sum() / 2, careers.loc[there, "fte"].sum() / 2
    assert 0 < fte < heads
    assert f"2019: {heads:.1f} doctors ({fte:.1f} FTE)" in page.text
    assert f"{fte:.1f} ETP".replace(".", ",") in french
    row = page.rows("centre-table")[-1]
    near([row[2], row[5]], [heads, fte], 1)
    opening = accounts.loc[accounts["line"] == "opening_reserves", "cents"].sum() / 2e5
    facts = results.table("facts")
    closing = facts.loc[(facts["event"] == "reserves") & (facts["detail"] == "2019"), "value"].sum() / 2e3
    reserves = f"of 2019 its reserves are {closing:,.0f} thousand euro; at the opening they were {opening:,.0f}."
    assert reserves in page.text
    assert f"à l'ouverture : {opening:,.0f}." in french


def test_a_centre_that_ends_with_more_than_its_owner_gave_says_so(centre, centre_html, monkeypatch):
    surplus = "thousand euro more than its organisation put in"
    net = costs(Results.read(centre), baseline="base", discount=0.025).table.query("measure == 'net'").set_index("of")
    assert net.loc["members", "mean"] > 0
    page = Page(centre_html)
    assert surplus not in page.text
    own = net.loc["members", "mean"] / 1000
    assert f"Of the cost of the centres of “smp”, {own:,.0f} thousand euro (discounted) were paid from" in page.text
    voice, bill = Voice(read_batch(centre)), gathered_money.money(read_batch(centre)).bills[0]
    bill = bill._replace(
        net={"public": money.Paid(2e6, 1e6, 3e6, "")},
        gain=money.Paid(1e4, 9e3, 1.1e4, ""),
        each=money.Paid(200, 90, 330, ""),
    )
    assert "With them a resident-year would cost 300 €." in money._own(voice, bill, money.Paid(1e6, 0, 2e6, "")).en
    real = money.gathered

    def richer(batch):
        found = real(batch)
        left = money.Paid(-5e6, float("nan"), float("nan"), money.MORE)
        return replace(found, bills=[bill._replace(net=bill.net | {"members": left}) for bill in found.bills])

    monkeypatch.setattr(money, "gathered", richer)
    html = report_page(centre)
    text = Page(html).text.replace("−", "-")
    assert f"The centre of “smp” ends with 5,000 {surplus}" in text
    assert f"net public cost would be at least {net.loc['public', 'mean'] / 1000 - 5000:+,.0f} thousand euro." in text
    assert "“At least” beside own money says only" in text
    assert "de plus que l'apport de son gestionnaire" in Page(html, "fr").text


def test_the_part_of_a_halo_in_gains_and_costs_is_said_where_there_is_one(centre, centre_html, monkeypatch):
    assert "for residents around" not in Page(centre_html).text
    batch, real = read_batch(centre), Batch.scenario
    found = money.gathered(batch)
    part = gathered_money.Paid(-40.0, -50.0, -30.0, "")
    cost = gathered_money.Paid(321.0, 300.0, 340.0, "at least")
    bills = [found.bills[0]._replace(around=part, each_own=cost), *found.bills[1:]]
    monkeypatch.setattr(money, "gathered", lambda _: replace(found, bills=bills))

    def surrounded(self, name):
        found = real(self, name)
        return found | {"territory": found["territory"] | {"halo_minutes": 20}}

    monkeypatch.setattr(Batch, "scenario", surrounded)
    section = money.money(batch, Voice(batch))
    said = [b.text for b in section.blocks if isinstance(b, Prose)]
    (about,) = [text for text in said if "communes up to 20 minutes around the territory" in text.en]
    assert "à 20 minutes au plus autour du territoire" in about.fr
    (around,) = [text for text in said if "for residents around" in text.en]
    assert re.search(r"−40.* for residents around.* costs at least 321 €", around.en)
    assert re.search(r"coûte au moins 321 €", around.fr)
    worth = next(b for b in section.blocks if isinstance(b, Table) and b.name == "worth")
    assert any("of these, residents around" in str(row) for row in worth.rows)


def test_heads_are_said_to_be_heads_where_careers_are_not_kept(tmp_path):
    smp = hamlets(tmp_path).with_(name="smp", parameters={}, horizon_years=2)
    run_experiment([smp], replications=1, out=tmp_path / "out", keep="outcomes,facts,accounts,providers")
    assert "doctors (people, not FTE)" in Page(report_page(tmp_path / "out")).text


def test_letters_of_charts_are_explained_in_print_too(centre_html):
    html = centre_html
    for chart in ("course-chart", "centre-chart"):
        keys = re.search(rf'id="{chart}".*?<div class="toggles".*?</div>', html, flags=re.DOTALL)[0]
        assert "<b>B</b>" in keys
    printed = re.search(r"@media print \{.*?\n\}", html, flags=re.DOTALL)[0]
    assert not re.search(r"\.toggles[,\s]*(\{|,)[^}]*display: none|\.toggle[, ]+[^}]*display: none", printed)


def test_commands_can_be_typed(html):
    code = re.findall(r"<pre.*?>(.*?)</pre>", html, flags=re.DOTALL)[0]
    english = re.search(r'lang="en">(.*?)</span>', code, flags=re.DOTALL)[1].splitlines()
    assert english[1].startswith("ess-sim run &lt;scenario files&gt; --replications 6 --seed 1 --baseline base")
    assert english[2] == "ess-sim verify &lt;results folder&gt; --rerun 5"
    assert "ess-sim run &lt;fichiers de scénario&gt;" in code
    assert "the files of these scenarios, in this order: base, more." in Page(html).text


def test_long_titles_keep_what_sets_them_apart(tmp_path):
    run_made_up(tmp_path / "out", 2, keep="outcomes")
    titles = {"base": "Communauté de communes du Sud Nivernais sans mesure", "more": ""}
    titles["more"] = "Communauté de communes du Sud Nivernais, cumul emploi-retraite"

    def change(said):
        for name, title in titles.items():
            said["scenarios"][name]["scenario"].update(title=title)

    edit(tmp_path / "out" / "manifest.json", change)
    assert Page(report_page(tmp_path / "out")).rows("headlines")[0][0] == "B · Cumul emploi-retraite"


def test_what_a_folder_does_not_keep_is_said(tmp_path):
    run_made_up(tmp_path / "out", 6, keep="outcomes,facts,accounts")
    page = Page(report_page(tmp_path / "out"))
    for what in ("Maps are missing", "keep residents by group", "keep flows", "Whether posts were filled is not known"):
        assert what in page.text
    assert "payers" in page.tables
    run_made_up(tmp_path / "least", 6, keep="outcomes")
    least = Page(report_page(tmp_path / "least"))
    assert "does not keep accounts or facts" in least.text
    assert "forest" in least.tables


def test_draws_say_which_assumptions_move_the_gain(tmp_path, monkeypatch):
    run_made_up(tmp_path / "out", 1, draws=10, keep="outcomes")
    drawn = Results.read(tmp_path / "out").manifest["draws"]["values"]
    name = min(drawn[0])
    monkeypatch.setattr(gathered_trust, "gains", lambda *_: np.array([[2.0 * values[name] for values in drawn]]))
    page = Page(report_page(tmp_path / "out"))
    assert "Parameter draws: 10; replications of each: 1" in page.text
    said = name_of(name)
    assert page.rows("movers")[0] == [f"{said.en} {name}", 1.0, "beyond chance"]
    assert len(page.rows("movers")) == 5
    assert f"over the draws: {said.en} (+1.00) {name}" in page.text
    assert len(page.numbers("futures")[0]) == 5  # with the range of one future


def test_many_zones_are_put_together(folder, monkeypatch, page):
    monkeypatch.setattr(gathered_places, "MOST_ZONES", 1)
    joined = Page(report_page(folder))
    one, two = joined.numbers("place-table"), page.numbers("place-table")
    assert [row[0] for row in joined.rows("place-table")] == ["Laval Agglomération"]
    near(one[0][0], sum(row[0] for row in two), 0)
    near(one[0][7], sum(row[7] for row in two), 0)


def test_details_of_the_first_runs_alone(folder, page):
    some = Page(report_page(folder, most_runs=4))
    assert some.numbers("headlines") == page.numbers("headlines")
    assert some.numbers("who-table") != page.numbers("who-table")


def test_the_command_and_its_workbook(folder, page, tmp_path, capsys):
    openpyxl = pytest.importorskip("openpyxl")
    target = tmp_path / "page.html"
    assert main(["report", str(folder), "--out", str(target), "--lang", "fr", "--excel"]) == 0
    assert capsys.readouterr().out.split() == ["report", str(target), "workbook", str(target.with_suffix(".xlsx"))]
    assert '<html lang="fr">' in target.read_text(encoding="utf-8")
    book = openpyxl.load_workbook(target.with_suffix(".xlsx"))
    assert set(book.sheetnames) == set(page.tables)
    assert book["headlines"]["A2"].value == "scénario"
    every = book["headlines"].iter_rows(min_row=3, values_only=True)
    assert [[c for c in row if isinstance(c, float | int)] for row in every] == page.numbers("headlines")
    assert main(["report", str(folder), "--out", str(tmp_path / "page.md")]) == 2
    assert "name it .html" in capsys.readouterr().err
    assert main(["report", str(tmp_path)]) == 2
    assert main(["report", str(folder), "--geojson", str(tmp_path / "none")]) == 2
    assert not (tmp_path / "page.md").exists()


@pytest.mark.parametrize(("n", "said"), [(1, "one simulation"), (2, "2 simulations")])
def test_few_replications_state_no_interval(tmp_path, page, n, said):
    run_made_up(tmp_path / "few", n)
    html = report_page(tmp_path / "few")
    few, french = Page(html), Page(html, "fr")
    assert re.search(rf"In January 2021, \S+ more adults have a médecin traitant \({said}, no interval\)", few.text)
    assert "simulation, pas d'intervalle)" in french.text.replace("simulations", "simulation")
    for words in ("In brackets", "Same sign", "Filled dots", "95 % interval", "hatched"):
        assert words in page.text
        assert words not in few.text
    assert not re.search("Entre crochets|Sens de l'effet|Points pleins|hachures", french.text)
    heads = few.tables["forest"][0]
    assert len(heads) == len(few.rows("forest")[0]) == 4
    assert not any("Holm" in head for table in few.tables.values() for head in table[0])


def test_what_new_has_filled_in_is_no_local_figure(tmp_path):
    made = begin("200067700", start="2020-01-15", years=1).baseline.with_(territory=MADE_UP[0].territory)
    supply = made.supply.model_dump(mode="json", exclude_none=True)
    supply["list_holding_gps"] = [{"zones": "remainder", "count": 2, "source": "CPAM, June 2024", "grade": "C"}]
    without = made.residents.model_dump(mode="json", exclude_none=True)["without_mt"]
    for name, own in (("none", {**supply, "list_holding_gps": None}), ("one", supply)):
        stated = MADE_UP[0].with_(name="base", supply=own, residents={"without_mt": without})
        run_made_up(tmp_path / name, 1, scenarios=[stated], keep="outcomes")
    said = Page(report_page(tmp_path / "none")).text
    assert "Local figures given: 0 of 7; in the file as national or départemental figures or as " in said
    assert "assumptions (grades B, C, D): 4 (interns per semester, retired GPs nearby" in said
    assert "from national or départemental data: list-holding GPs, first installations, GPs in other work." in said
    other = Page(report_page(tmp_path / "one"), "fr").text.replace("\u00a0", " ")
    assert "Données locales fournies : 1 sur 7 ; inscrites dans le fichier comme données nationales" in other


@pytest.mark.parametrize("where", ["200067700", "departement:58"])
def test_no_source_that_new_writes_is_local(where):
    made = begin(where).baseline.model_dump(mode="json")
    supply = [b for key, b in made["supply"].items() if isinstance(b, dict) and "source" in b and key != "gp_ages"]
    blocks = [*supply, *made["supply"]["list_holding_gps"], *made["residents"]["without_mt"]]
    assert len(blocks) >= 5
    assert [b["source"] for b in blocks if is_local(b["source"], min(b["grade"], "C"))] == []


def test_edited_folders_make_no_report(tmp_path, capsys):
    run_made_up(tmp_path / "out", 2)
    edited(tmp_path / "out")
    assert main(["report", str(tmp_path / "out")]) == 2
    assert "damaged or changed" in capsys.readouterr().err
    assert not (tmp_path / "out" / "report.html").exists()
