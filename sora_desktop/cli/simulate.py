"""`simulate`: the built-in simulator alone, for scripts and for other programs."""

from __future__ import annotations

from sora_desktop.cli.arguments import Arguments
from sora_desktop.simulator import command


def simulate(arguments: Arguments) -> int:
    """Serves until it is ended. With a data folder it is that folder's simulator."""
    if arguments.data_dir and not arguments.state:
        arguments.state = arguments.paths().simulator
    return command.main(arguments)
