"""The explorer's door: what it refuses, whoever sends it, and that a page gets what it asks for."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ess_sim.atomic import check_can_be_filled
from ess_sim.errors import ResultsError
from ess_sim.faces.cli.app import main
from ess_sim.faces.explorer.exports import Exports
from ess_sim.faces.explorer.routes import Routes
from ess_sim.faces.explorer.runs.desk import Desk
from ess_sim.faces.explorer.server import TOKEN_HEADER, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One whose runs nobody makes."""
    with Server() as server, closing(Desk(0)) as desk:
        server.routes = Routes(desk, Exports(tmp_path_factory.mktemp("out"), 1))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(
    server: Server, method: str, path: str, headers: dict[str, str | None] | None = None, body: bytes | None = None
) -> tuple[int, bytes, Any]:
    """Status, body and headers of an answer to a request that is right but for what is given."""
    usual: dict[str, str | None] = {"Host": f"127.0.0.1:{server.server_port}"}
    if method == "POST":
        usual |= {"Origin": f"http://127.0.0.1:{server.server_port}", "Content-Type": "application/json"}
        usual |= {TOKEN_HEADER: server.token, "Content-Length": str(len(body or b""))}
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in (usual | (headers or {})).items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(body)
    with closing(connection):
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers


def post(server: Server, path: str, body: Any) -> tuple[int, Any]:
    status, text, _ = ask(server, "POST", path, body=json.dumps(body).encode())
    found = json.loads(text)
    if isinstance(found, dict) and "problems" in found:
        assert status == (200 if found["status"] in (410, 422) else found["status"])  # else consoles fill
        status = found["status"]
    return status, found


def test_the_page_for_who_has_the_token(server: Server) -> None:
    status, text, headers = ask(server, "GET", f"/?t={server.token}")
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
    assert text.count(f'nonce="{nonce}"'.encode()) == 2
    assert nonce.encode() not in ask(server, "GET", f"/?t={server.token}")[1]
    assert (headers["Cache-Control"], headers["X-Frame-Options"], headers["Referrer-Policy"]) == (
        *("no-store", "DENY", "no-referrer"),
    )


REFUSED = [
    ("GET", "/", {}, 403),
    ("GET", "/?t=", {}, 403),
    ("GET", "/?t=%C3%A9", {}, 403),
    ("GET", "/?t=TOKEN", {"Host": "evil.example"}, 421),
    ("GET", "/?t=TOKEN", {"Host": "evil.example:PORT"}, 421),
    ("GET", "/?t=TOKEN", {"Host": "127.0.0.1"}, 421),
    ("GET", "/?t=TOKEN", {"Host": None}, 421),
    ("GET", "http://evil.example/?t=TOKEN", {}, 404),
    ("GET", "/etc/passwd?t=TOKEN", {}, 404),
    ("GET", "/../../etc/passwd?t=TOKEN", {}, 404),
    ("GET", "/api/search?t=TOKEN", {}, 404),
    ("PUT", "/?t=TOKEN", {}, 405),
    ("DELETE", "/?t=TOKEN", {}, 405),
    ("OPTIONS", "/api/run", {"Origin": "http://evil.example"}, 405),
    ("BREW", "/?t=TOKEN", {}, 405),
    ("PUT", "/?t=TOKEN", {"Host": "evil.example"}, 421),
    ("POST", "/api/search", {"Host": "evil.example"}, 421),
    ("POST", "/api/search", {"Origin": "http://evil.example"}, 403),
    ("POST", "/api/search", {"Origin": "null"}, 403),
    ("POST", "/api/search", {"Origin": "https://127.0.0.1:PORT"}, 403),
    ("POST", "/api/search", {"Origin": None}, 403),
    ("POST", "/api/search", {TOKEN_HEADER: None}, 403),
    ("POST", "/api/search?t=TOKEN", {TOKEN_HEADER: "wrong"}, 403),
    ("POST", "/api/search", {"Content-Type": "text/plain"}, 415),
    ("POST", "/api/search", {"Content-Length": None}, 411),
    ("POST", "/api/search", {"Content-Length": "-1"}, 411),
    ("POST", "/api/search", {"Transfer-Encoding": "chunked"}, 411),
    ("POST", "/api/search", {"Content-Length": "300000"}, 413),
    ("POST", "/api/secret", {}, 404),
    ("POST", "/api/../api/search", {}, 404),
]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"), REFUSED, ids=[f"{r[0]} {r[1]} {r[2]}" for r in REFUSED]
)
def test_what_is_refused(server: Server, method: str, path: str, headers: dict[str, str | None], status: int) -> None:
    def whole(text: str) -> str:
        return text.replace("TOKEN", server.token).replace("PORT", str(server.server_port))

    filled = {name: None if value is None else whole(value) for name, value in headers.items()}
    found, text, got = ask(server, method, whole(path), filled, b"{}" if method == "POST" else None)
    assert found == status
    assert server.token.encode() not in text
    assert got["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Access-Control-Allow-Origin" not in got


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"text": NaN}', b"[" * 100_000, b'{"a": ' + b"9" * 5_000 + b"}"])
def test_a_body_that_is_no_json_object(server: Server, body: bytes) -> None:
    assert ask(server, "POST", "/api/search", body=body)[0] == 400


def test_two_host_names_are_one_too_many(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as own:
        host = f"127.0.0.1:{server.server_port}"
        own.sendall(f"GET /?t={server.token} HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n".encode())
        assert own.recv(100).startswith(b"HTTP/1.1 421")


def test_it_listens_on_loopback_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_places_by_name(server: Server) -> None:
    status, found = post(server, "/api/search", {"text": "laval agglo"})
    assert status == 200
    assert [(place["key"], place["code"], place["name"]) for place in found] == [
        ("epci", "200083392", "Laval Agglomération")
    ]
    assert post(server, "/api/search", {"text": "x"}) == (200, [])
    assert post(server, "/api/search", {"text": 3})[0] == 400


def test_from_a_place_to_files_and_all_that_is_wrong(server: Server) -> None:
    asked = {"key": "communes", "code": "53130", "lang": "en", "start": "", "years": 1, "without_mt": 0.1}
    status, base = post(server, "/api/place", asked)
    assert status == 200
    assert [zone["name"] for zone in base["zones"]] == ["Laval"]
    assert base["zones"][0]["rings"]
    smp = base["standards"]["smp"]
    assert post(server, "/api/place", asked)[1]["base"] == base["base"]  # what was put away is opened again as it was
    body = {"base": base["base"], "seed": 1, "replications": 2, "page": "p", "turn": 1, "key": "k"}
    status, files = post(server, "/api/texts", body | {"variants": [{"number": 1, "title": "</x>", "policies": [smp]}]})
    assert (status, [file["name"] for file in files]) == (200, ["laval-baseline.yaml", "laval-b-x.yaml"])
    wrong = [{"number": n, "title": "", "policies": [smp | {"rooms": 0}]} for n in (0, 2)]
    status, found = post(server, "/api/run", body | {"variants": wrong})
    assert status == 422
    assert [(p["variant"], p["where"]) for p in found["problems"]] == [
        (0, "policies[0].rooms"),
        (1, "policies[0].rooms"),
    ]
    status, found = post(server, "/api/run", body | {"replications": None, "seed": 0.5, "variants": []})
    assert [(p["where"], p["say"][0]) for p in found["problems"]] == [
        *(("replications", "fault_whole_range"), ("seed", "fault_whole_range")),
    ]
    for change, status in (
        ({"replications": 0}, 422),
        ({"replications": True}, 422),
        ({"seed": 1.5}, 422),
        ({"base": "../../etc"}, 410),
        ({"variants": [{"number": n, "title": "", "policies": [smp]} for n in (0, 0)]}, 400),
        ({"variants": [{"number": 0, "title": "", "policies": []}]}, 400),
        ({"variants": [{"number": 9, "title": "", "policies": [smp]}]}, 422),
        ({"variants": [{"number": 0, "title": "", "policies": ["smp"]}]}, 422),
        ({"variants": [{"number": 0, "title": "", "policies": [{"kind": "os:system"}]}]}, 422),
        ({"variants": 5}, 400),
    ):
        assert post(server, "/api/run", body | {"variants": []} | change)[0] == status, change
    assert post(server, "/api/export", body | {"variants": []})[0] == 422
    good = [{"number": 0, "title": "", "policies": [smp | {"rooms": 3, "interns": {"per_semester": 4}}]}]
    (lines,) = post(server, "/api/run", body | {"variants": good})[1]["limits"]
    assert [line["where"] for line in lines] == ["policies[0].interns.per_semester"]
    assert post(server, "/api/export", body | {"variants": good, "lang": "--jobs"})[0] == 400
    for change, status in (
        ({"key": "csv", "code": "/etc/passwd"}, 400),
        ({"code": "/etc/passwd"}, 422),
        ({"years": 61}, 422),
        ({"start": "1500-01-01"}, 422),
        ({"without_mt": 2}, 422),
        ({"lang": "de"}, 400),
    ):
        assert post(server, "/api/place", asked | change)[0] == status, change


def test_what_is_wrong_with_a_territorys_data_is_said_in_both_languages(server: Server) -> None:
    _, base = post(server, "/api/place", {"key": "communes", "code": "97605", "lang": "fr", "start": "", "years": 1})
    said = base["notes"]
    assert any("a sixth below the estimate" in note["en"] for note in said)
    assert any("précarité" in note["fr"] for note in said)
    assert " alone: " in said[-1]["en"]
    assert ", commune seule\u00a0: " in said[-1]["fr"]


def test_news_come_as_they_are(server: Server) -> None:
    _, base = post(server, "/api/place", {"key": "communes", "code": "53130", "lang": "fr", "start": "", "years": 1})
    body = {"base": base["base"], "seed": 1, "replications": 2, "page": "one", "turn": 1, "variants": []}
    _, first = post(server, "/api/run", body)
    status, state = post(server, "/api/news", {**first, "seen": ""})
    assert (status, state) == (200, {"state": "preparing", "of": 2, "version": "preparing/0"})
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(post(server, "/api/news", {**first, "seen": "preparing/0"})))
    waiting.start()
    assert post(server, "/api/run", body | {"turn": 2})[0] == 200
    waiting.join(60)
    assert found == [(200, {"state": "given_up", "of": 2, "version": "given_up/0"})]
    assert post(server, "/api/exports", {}) == (200, [])
    assert post(server, "/api/stop", {"key": "unknown"}) == (200, [])


def test_a_failure_of_ours_is_said(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setitem(server.routes.answers, "/api/exports", fail)  # type: ignore[arg-type]
    status, found = post(server, "/api/exports", {})
    assert (status, found["problems"][0]["say"]) == (500, ["fault_unexpected", "ZeroDivisionError: oh"])


def complaint(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(["explore", "--no-browser", *args]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_what_cannot_be_opened_is_one_clear_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert complaint(capsys, "--port", port).startswith(f"error: port {port} cannot be had")
    assert "nowhere.yaml" in complaint(capsys, str(tmp_path / "nowhere.yaml"))
    (tmp_path / "odd.yaml").write_text("name: odd\nstart: 2024-01-01\nhorizon_years: 1\nterritory: {epci: '999'}\n")
    assert "odd.yaml:4:" in complaint(capsys, str(tmp_path / "odd.yaml"))
    assert "wrong usage" in complaint(capsys, "--port", "70000")
    (tmp_path / "file").write_text("")
    both = complaint(capsys, "--lang", "de", "--out", str(tmp_path / "file" / "out"))
    assert "--lang de" in both
    assert f"{tmp_path / 'file'} is a file, not a folder" in both
    assert f"{tmp_path / 'file'}: is a file" in complaint(capsys, "--out", str(tmp_path / "file"))
    assert not (tmp_path / "file" / "out").exists()


def test_a_folder_that_cannot_be_written_into(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    with pytest.raises(ResultsError, match=r"new: cannot be written"):
        check_can_be_filled(tmp_path / "new")
