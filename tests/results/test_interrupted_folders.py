"""Results folders that are removed, killed or left unfinished while runs go on; complete ones describe themselves."""

from __future__ import annotations

import json
import os
import shutil
import signal

import pytest
from pairs import contents
from stored import edit, made_up_runs, pack_of, run_made_up

from ess_sim.errors import ResultsError
from ess_sim.experiments.experiment import ExperimentError
from ess_sim.faces.cli.app import main
from ess_sim.results.comparison.differences import compare
from ess_sim.results.results import Results
from ess_sim.results.storage.files import manifests
from ess_sim.results.storage.folder import Folder


@pytest.mark.parametrize("how", ["removed", "replaced", "partly"])
def test_a_folder_removed_in_the_middle_fails_clearly(tmp_path, how):
    out = tmp_path / "out"

    def remove(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 2:
            if how == "partly":
                (out / "runs.journal").unlink()
            else:
                shutil.rmtree(out)
            if how == "replaced":
                out.mkdir()

    words = "no longer there" if how == "partly" else "removed or replaced while runs were in progress"
    with pytest.raises(ExperimentError, match=words):
        run_made_up(out, progress=remove)
    assert how == "partly" or not list(out.rglob("*.parquet"))


def test_a_terminal_that_closes_costs_nothing_that_was_finished(tmp_path, whole):
    """Progress cannot be written any more."""
    out = tmp_path / "out"

    def closed(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 3:
            raise OSError(5, "Input/output error")

    with pytest.raises(ExperimentError, match="Input/output error"):
        run_made_up(out, progress=closed)
    assert len(Folder.read(out).finished()) == 3
    run_made_up(out)
    assert contents(out) == contents(whole)


@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGKILL], ids=["closed terminal", "kill"])
def test_a_process_that_ends_leaves_what_was_finished(tmp_path, whole, sent):
    out = tmp_path / "out"

    def end(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 3:
            os.kill(os.getpid(), sent)

    child = os.fork()  # `whole` has made the runs already: nothing here needs other libraries' threads
    if child == 0:
        if sent != signal.SIGKILL:
            signal.signal(sent, signal.SIG_DFL)
        try:
            run_made_up(out, progress=end)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == sent
    assert len(Folder.read(out).finished()) == 3
    run_made_up(out)
    assert contents(out) == contents(whole)


def test_an_interrupted_folder_is_compared_on_its_complete_pairs(tmp_path, capsys):
    out = tmp_path / "out"

    def stop(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_made_up(out, 4, progress=stop)
    results = Results.read(out)
    assert results.replications == (0, 1, 2)
    with pytest.raises(ResultsError, match="not paired"):
        compare(results, baseline="base")
    paired = results.paired()
    assert paired.replications == (0, 1)
    assert paired.paired() is paired
    assert compare(paired, baseline="base")["n"].tolist() == [2]
    for command in ("compare", "costs"):
        assert main([command, str(out)]) == 0
        assert "2 complete pairs of 3 are compared" in capsys.readouterr().err
    data = (out / "runs.journal").read_bytes()  # an end that cuts off all but the first run
    (out / "runs.journal").write_bytes(data[: data.index(b"\nrun ", 1)])
    assert main(["compare", str(out)]) == 2
    assert "the results hold one scenario" in capsys.readouterr().err
    run_made_up(out, 4)
    assert Results.read(out).paired().replications == (0, 1, 2, 3)
    assert manifests.read_sealed(out / "manifest.json")["complete"] is True


def test_a_complete_folder_is_a_research_object(out):
    crate = json.loads((out / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    about = entities["ro-crate-metadata.json"]
    assert (about["@type"], about["about"]) == ("CreativeWork", {"@id": "./"})
    assert about["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = entities["./"]
    assert {"name", "description", "datePublished", "license", "author"} <= set(root)
    assert root["identifier"] == f"ess_sim-results:{Results.read(out).fingerprint}"
    for part in root["hasPart"]:
        assert (out / part["@id"]).exists()
        assert entities[part["@id"]]["@type"] == ("Dataset" if part["@id"].endswith("/") else "File")
    refers = [value["@id"] for entity in crate["@graph"] for value in entity.values() if isinstance(value, dict)]
    assert set(refers) <= {*entities, "https://w3id.org/ro/crate/1.1"}
    assert entities["#ess_sim"]["version"] == json.loads((out / "manifest.json").read_text())["ess_sim"]
    # what the author fills in stays until results change; unfinished results have no description
    path = out / "ro-crate-metadata.json"
    path.write_text(path.read_text(encoding="utf-8").replace("[to be filled in by the author]", "A. N. Author"))
    run_made_up(out)
    assert "A. N. Author" in path.read_text(encoding="utf-8")
    pack_of(out, "flows").unlink()
    run_made_up(out)
    assert path.exists()
    assert "A. N. Author" not in path.read_text(encoding="utf-8")
    edit(out / "manifest.json", lambda said: said.update(complete=False))
    with made_up_runs():
        Folder.open(out, json.loads((out / "manifest.json").read_text()), overwrite=False).close(99)
    assert not path.exists()
