"""Worker processes by fork, where it is safe: they are there at once, and share the memory that they do not change.

A new Python process needs a second or two for what a run needs, libraries and machine code; a fork has it all. But the
user's process must not be forked: it has threads, the user's own, a progress display's, those of linear algebra and of
Arrow, and a lock that one of them holds would never be released in the fork. So a process is started beside it, once
and as workers always were (`spawn`), which gets ready, does nothing else than fork, and forks only while it has one
thread. (Python's own fork server imports before it knows where modules are, and has one list of them a program.)

That process starts with signals as Python has them, and with the limits and processors of that moment; environment,
folder and path of a worker are today's. It ends with its line to the user's process: no one waits for it, and no list
of children has it. A fork of the user's process has no server until it needs one of its own.

Elsewhere workers are spawned: on other systems than Linux, and once a fork has failed.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import select
import signal
import socket
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from ess_sim.experiments.engines.scripts import without_script

__all__ = ["SERVERS", "Fork", "Serve", "Servers", "fork", "get_ready", "give_up"]


Serve = Callable[[Connection], None]
"""What a worker process does, until the other end of its pipe is closed."""


_FORK = b"fork"
_LONGEST = 64  # bytes of a message: this word, or the number of a process that is to end


_WITHOUT_THREADS = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""Environment in which the libraries of a run start no threads; it needs none."""


class _Server:
    """The process that forks workers. It ends with this one, even if this one is killed."""

    def __init__(self, serve: Serve) -> None:
        self._turn = threading.RLock()
        self._ended = set[bytes]()
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._line, theirs):
            end.setblocking(True)  # whatever the program's default timeout
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_fork_on_request, args=(theirs, serve), daemon=True)
        resource_tracker.ensure_running()  # which would let Ctrl-C through, were it started below
        with theirs, without_script(), _without_ctrl_c():
            self._process.start()
        # it ends with the line: no one need wait for it at the end, or take it for a child of the program's own
        process._children.discard(self._process)  # type: ignore[attr-defined]
        self.leave = weakref.finalize(self, _end, os.getpid(), self._line, self._process)

    @property
    def is_there(self) -> bool:
        """Whether its end of the line is open."""
        poll = select.poll()
        poll.register(self._line, 0)
        gone = bool(poll.poll(0))
        if gone:
            self._process.join(0)  # leaves no zombie
        return not gone

    def fork(self, theirs: Connection) -> None:
        """Asks for a process that serves this end of a pipe."""
        socket.send_fds(self._line, [_FORK], [theirs.fileno()])

    def end(self, pid: int) -> None:
        """Kills one of its processes, and waits until it is gone."""
        number = b"%d" % pid
        with self._turn:
            self._line.send(number)
            while number not in self._ended and (answer := self._line.recv(_LONGEST)):
                self._ended.add(answer)
            self._ended.discard(number)


def _end(owner: int, line: socket.socket, server: BaseProcess) -> None:
    """No one needs the server any more; of one that was taken along by a fork only the line is closed."""
    line.close()
    if os.getpid() == owner:
        server.kill()


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """A process that is started meanwhile hears of no Ctrl-C until it says so."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True)
class Fork:
    """A process that was asked for, and the pipe to it, which closes if it cannot be."""

    pipe: Connection
    _server: _Server

    def end(self, pid: int) -> None:
        """Kills it."""
        with suppress(OSError):  # the server is gone, and it will end with its task
            self._server.end(pid)


class Servers:
    """The server of this process, for all its batches."""

    def __init__(self) -> None:
        self._now: _Server | None = None
        self._changing = threading.Lock()
        self.wanted = sys.platform == "linux"

    def there(self, serve: Serve) -> _Server:
        with self._changing:
            if self._now is None or not self._now.is_there:
                self._now = _Server(serve)
            return self._now

    def forget(self) -> None:
        """In a fork of this process, which may have come while another thread held the lock."""
        self._changing = threading.Lock()
        if self._now is not None:
            self._now.leave()
            self._now = None


SERVERS = Servers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: SERVERS.forget())


def get_ready(serve: Serve) -> None:
    """Starts the server, unless it is there or there is to be none: it gets ready beside what this process does."""
    if SERVERS.wanted:
        SERVERS.there(serve)


def fork(serve: Serve) -> Fork | None:
    """A new process that serves the other end of a pipe; None where workers are spawned."""
    if not SERVERS.wanted:
        return None
    server, place = SERVERS.there(serve), (dict(os.environ), Path.cwd(), sys.path)
    pipe, theirs = multiprocessing.Pipe()
    with theirs, suppress(OSError):  # the server has just died, and none will serve
        server.fork(theirs)
        pipe.send(place)
    return Fork(pipe, server)


def give_up() -> None:
    """From now on no worker of this process is forked."""
    SERVERS.wanted = False


# --- the server -------------------------------------------------------------------------------------------------------


def _fork_on_request(line: socket.socket, serve: Serve) -> None:
    """Forks and ends workers until the line is closed."""
    for number in (signal.SIGTERM, signal.SIGCHLD):  # a program that ignores them hands that down
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; only the user's acts
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.environ.update(_WITHOUT_THREADS)
    with suppress(Exception):  # which the first run would raise, too, with words about it
        _load()
    children = set[int]()
    with suppress(OSError):  # the user's process is gone
        while (request := socket.recv_fds(line, _LONGEST, 1))[0]:
            message, ends = request[:2]
            children -= {pid for pid in children if os.waitpid(pid, os.WNOHANG)[0]}
            if message == _FORK:
                for end in ends:  # none where there can be no more open files
                    children.update(_forked(line, end, serve))
                continue
            if (pid := int(message)) in children:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                children.remove(pid)
            line.send(message)


def _load() -> None:
    """What every run needs."""
    import numpy as np

    from ess_sim.model.run.warm_up import load_kernel

    load_kernel()
    os.register_at_fork(after_in_child=np.random.seed)  # or all workers would have the same random numbers in common
    gc.collect()
    gc.freeze()  # what is here now is no garbage; to look at it would copy it into each worker


def _forked(line: socket.socket, end: int, serve: Serve) -> list[int]:
    """The number of a new process that serves this end of a pipe; none where there cannot be one."""
    with Connection(end) as pipe:
        if _threads() != 1:
            return []
        try:
            pid = os.fork()
        except OSError:  # there are too many, or there is no memory
            return []
        if pid == 0:
            line.close()
            _live(pipe, serve)
        return [pid]


def _threads() -> int:
    """Threads of this process, those that Python does not know of, too; 0 where that cannot be said."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return 0


def _live(pipe: Connection, serve: Serve) -> None:
    """The life of a forked process: it goes on from where the user's process is now, as a new one would."""
    try:
        environment, folder, sys.path = pipe.recv()
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        serve(pipe)
    except EOFError:  # it is not needed any more
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)  # nothing of the server's is to be cleaned up
