"""`sora-desktop simulate`: the simulator on its own."""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path

from sora_desktop.simulator.keys import (
    SIMULATOR_GLOBALAIOPC_KEY,
    SIMULATOR_OPENAI_VIDEOS_KEY,
    SIMULATOR_RIVYA_KEY,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `simulate`."""
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="port of the services (0: any)")
    parser.add_argument("--media-port", type=_port, default=0, metavar="N", help="port of the files (0: any)")
    parser.add_argument("--state", type=Path, metavar="DIR", help="where tasks, ledger and files are kept")
    parser.add_argument("--pace", type=_pace, default=1.0, metavar="P", help="factor on all waiting times (1.0)")
    parser.add_argument("--watch-stdin", action="store_true", help="end with the end of standard input")
    parser.add_argument("--record", action="store_true", help="keep all requests, with their keys, in the state folder")
    parser.add_argument("--light", action="store_true", help="render small clips, for many tasks at once")


def main(args: argparse.Namespace) -> int:
    """Runs it until it is ended. Exit codes: 0 ended as told, 2 could not start."""
    from sora_desktop.simulator.server import CannotStart, run

    os.umask(0o077)  # What it keeps is the user's alone: a record holds keys.
    state = args.state or _usual_state()
    if not args.watch_stdin:
        keys = f"{SIMULATOR_RIVYA_KEY} (Rivya), {SIMULATOR_GLOBALAIOPC_KEY} (GlobalAIOPC)"
        sys.stderr.write(f"Keys: {keys}, {SIMULATOR_OPENAI_VIDEOS_KEY} (OpenAI videos)\n")
    try:
        run(
            args.port,
            state,
            args.pace,
            media_port=args.media_port,
            watch_stdin=args.watch_stdin,
            record=args.record,
            light=args.light,
        )
    except (CannotStart, OSError) as error:
        sys.stderr.write(f"The simulator cannot start: {error}.\n")
        return 2
    return 0


def _usual_state() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("Sora Desktop simulator", appauthor=False)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _pace(text: str) -> float:
    pace = float(text)
    if not math.isfinite(pace) or pace < 0:
        raise argparse.ArgumentTypeError("the pace is a number from 0")
    return pace
