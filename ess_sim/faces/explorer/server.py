"""The explorer's door: loopback only, a token, one host name, one origin, small requests, a strict policy of content.

Another page in the same browser can send requests to loopback addresses, and a name of its own can be made to mean
127.0.0.1 (DNS rebinding). Such requests carry a foreign ``Host`` or ``Origin``, and no token.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ess_sim.errors import EssSimError, ResultsError
from ess_sim.faces.explorer.messages import RefusedError, fault, faults_of
from ess_sim.faces.explorer.page import page
from ess_sim.faces.explorer.routes import Routes
from ess_sim.faces.words.glossary import phrases

__all__ = ["TOKEN_HEADER", "Server"]


LOOPBACK = "127.0.0.1"
TOKEN_HEADER = "X-Ess-Sim-Token"
_MOST_BYTES, _MOST_CONNECTIONS, _PATIENCE = 256_000, 64, 30
"""Of a request's body; at once, beyond which they wait; seconds for which a request may dally."""

_ORDINARY = (410, 422)
"""Something is to be corrected; a territory was put away meanwhile."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class Server(ThreadingHTTPServer):
    """Serves one user's browser on this machine.

    Parameters
    ----------
    port : int
        0: any that is free.
    has_file : bool
        Whether the page begins with the file that the command line names.
    lang : str
        Language that the page begins with; '' for the browser's.

    Attributes
    ----------
    routes : Routes
        Set before it serves.

    Raises
    ------
    ResultsError
        If the port cannot be had.
    """

    daemon_threads, block_on_close = True, False
    request_queue_size = 128  # browsers ask for much at once, and a full queue looks like a server that is gone
    routes: Routes

    def __init__(self, port: int = 0, *, has_file: bool = False, lang: str = "") -> None:
        self.has_file, self.lang = has_file, lang
        self.token = secrets.token_urlsafe(24)
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            why = f"port {port} cannot be had ({error.strerror}): name another one, or leave --port out"
            raise ResultsError(why) from None
        self.hosts = {f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost")}

    @property
    def url(self) -> str:
        """Where the page is, with the token."""
        return f"http://{LOOPBACK}:{self.server_port}/?t={self.token}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for a request, as soon as there are not too many."""
        if self._free.acquire(timeout=_PATIENCE):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serves it, and makes room for another one."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "ess-sim", ""
    timeout = _PATIENCE

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def parse_request(self) -> bool:
        """Whether a request is one that is looked at: of this host, by GET or POST."""
        if not super().parse_request() or not self._of_this_host():
            return False
        if self.command in ("GET", "POST"):
            return True
        self._say(405, "GET and POST only", {"Allow": "GET, POST"})
        return False

    def do_GET(self) -> None:
        """The page, for who has the token."""
        where = urlsplit(self.path)
        if not self._has_token(parse_qs(where.query).get("t", [""])[0]):
            return
        if not self.path.startswith("/") or where.path != "/":
            self._say(404, "no such page")
            return
        nonce = secrets.token_urlsafe(18)
        policy = f"{_NOTHING}; connect-src 'self'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:"
        text = page(self.server.token, nonce, has_file=self.server.has_file, lang=self.server.lang)
        self._send(200, "text/html; charset=utf-8", text.encode(), policy)

    def do_POST(self) -> None:
        """An answer of `Routes`, as JSON."""
        if self.headers.get("Origin") not in {f"http://{host}" for host in self.server.hosts}:
            self._say(403, "this page may not ask")
            return
        if not self._has_token(self.headers.get(TOKEN_HEADER, "")):
            return
        answer = self.server.routes.answers.get(self.path)
        if answer is None:
            self._say(404, "no such address")
            return
        body = self._body()
        if body is not None:
            self._answer(answer, body)

    def _answer(self, answer: Callable[[Any], Any], body: dict[str, Any]) -> None:
        try:
            found = answer(body)
        except RefusedError as error:
            self._problems(error.status, error.problems)
        except EssSimError as error:
            self._problems(422, faults_of(error))
        except Exception as error:  # the page says so, and the server stays
            self._problems(500, [fault("unexpected", f"{type(error).__name__}: {error}")])
        else:
            self._json(200, found)

    def _of_this_host(self) -> bool:
        given = self.headers.get_all("Host") or []
        if len(given) == 1 and given[0] in self.server.hosts:
            return True
        self._say(421, "another host was meant")
        return False

    def _has_token(self, given: str) -> bool:
        if secrets.compare_digest(given.encode("utf-8", "replace"), self.server.token.encode()):
            return True
        words = phrases("explorer")["no_token"]  # whose language is not known
        self._say(403, f"{words.en}\n{words.fr}")
        return False

    def _body(self) -> dict[str, Any] | None:
        """The request's JSON object, or None once it is refused."""
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            self._say(415, "JSON only")
        elif self.headers.get("Transfer-Encoding") or not (length.isascii() and length.isdigit() and len(length) < 10):
            self._say(411, "a length is needed")
        elif int(length) > _MOST_BYTES:
            self._say(413, f"at most {_MOST_BYTES:,} bytes")
        else:
            try:
                found = json.loads(self.rfile.read(int(length)), parse_constant=_no_number)
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict):
                return found
            self._say(400, "no JSON object")
        return None

    def _problems(self, status: int, problems: list[dict[str, Any]]) -> None:
        """What is wrong. What a user may do is no fault of the page, which browsers note where the status says so."""
        self._json(200 if status in _ORDINARY else status, {"status": status, "problems": problems})

    def _json(self, status: int, found: Any) -> None:
        with suppress(OSError):  # the reader may have gone on to something else
            self._send(status, "application/json", json.dumps(found).encode(), _NOTHING)

    def _say(self, status: int, what: str, more: dict[str, str] | None = None) -> None:
        self._send(status, "text/plain; charset=utf-8", f"{what}\n".encode(), _NOTHING, more)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What `http.server` itself refuses, with the same headers as all else."""
        with suppress(OSError):
            self._say(code, message or "refused")

    def _send(self, status: int, kind: str, body: bytes, policy: str, more: dict[str, str] | None = None) -> None:
        self._head(status, kind, policy, {"Content-Length": str(len(body)), **(more or {})})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, kind: str, policy: str, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            **_HEADERS,
            "Content-Type": kind,
            "Content-Security-Policy": policy,
            **(more or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True


def _no_number(text: str) -> float:
    raise ValueError(text)
