"""Simulators from a process that has imported everything once, and forks: a fresh one takes seven tenths of a second.

What is started is a real process all the same: `COMMAND` hands its arguments, its environment and its three streams to
the fork, and stands for it. It ends with the fork's exit code, and the fork dies with it, also when it is killed.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Sequence
from functools import cache

STAND_IN = """
import _socket, json, os, sys
talk = _socket.socket(_socket.AF_UNIX)
talk.connect(sys.argv[1])
told = json.dumps([sys.argv[2:], dict(os.environ), os.getcwd()]).encode()
streams = b"".join(stream.to_bytes(4, sys.byteorder) for stream in (0, 1, 2))
talk.sendmsg([len(told).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
while told:
    told = told[talk.send(told):]
for stream in (0, 1, 2):
    os.close(stream)
os._exit((talk.recv(1) or b"\\xff")[0])
"""


def instead_of(command: Sequence[str], *more: str) -> list[str]:
    """The same as a command with `simulate` in it, from the forking process, with more arguments."""
    return simulate(*command[command.index("simulate") + 1 :], *more)


def simulate(*arguments: str) -> list[str]:
    """The command that does what `sora-desktop simulate ARGUMENTS` does."""
    return [sys.executable, "-I", "-S", "-c", STAND_IN, _address(), *arguments]


@cache
def _address() -> str:
    folder = tempfile.TemporaryDirectory(prefix="sd-warm-")
    address = f"{folder.name}/socket"
    process = subprocess.Popen(
        [sys.executable, "-W", "error", __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        process.communicate(timeout=10)
        folder.cleanup()

    atexit.register(end)
    return address


def serve(address: str) -> None:
    """Forks for each that connects, until the end of standard input."""
    import sora_desktop.cli.simulate
    import sora_desktop.simulator.server  # noqa: F401

    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        os.write(1, b"ready\n")
        while 0 not in select.select([0, listener], [], [])[0]:
            talk, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                os._exit(_become(talk))
            talk.close()
            _reap(os.WNOHANG)
    _reap(0)  # What they took counts as ours, for whoever measures.


def _reap(options: int) -> None:
    """Collects the forks that have ended; without options it waits for all of them."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _become(talk: socket.socket) -> int:
    """In the fork: does what was asked for, as the process that asked."""
    from sora_desktop.__main__ import main

    head, streams, _flags, _sender = socket.recv_fds(talk, 4, 3)
    told = b""
    while len(told) < int.from_bytes(head, "big"):
        told += talk.recv(1 << 20)
    arguments, environment, folder = json.loads(told)
    for stream, given in enumerate(streams):
        os.dup2(given, stream)
        os.close(given)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    threading.Thread(target=lambda: talk.recv(1) or os.kill(os.getpid(), signal.SIGKILL), daemon=True).start()
    try:
        code = main(["simulate", *arguments])
    except SystemExit as end:  # The parser ends the program.
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    talk.send(bytes([code]))
    return code


if __name__ == "__main__":
    serve(sys.argv[1])
