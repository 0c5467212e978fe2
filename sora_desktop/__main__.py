"""`sora-desktop`: the window without a command, the command line with one."""

from __future__ import annotations

import sys

from sora_desktop import cli
from sora_desktop.cli import display


def main(argv: list[str] | None = None) -> int:
    """The exit code of the program for `argv` (that of the process by default)."""
    arguments = cli.parse(sys.argv[1:] if argv is None else argv)
    return cli.run(arguments) if arguments.command else cli.guarded(arguments, _window)


def _window(arguments: cli.Arguments) -> int:
    missing = display.missing()
    if missing:
        print(missing, file=sys.stderr)
        return 2
    try:
        from sora_desktop.app import run_window
    except ImportError as error:
        # A system library that Qt needs, for the most part.
        print(f"The window cannot start: {error}. “make run” installs or names what is missing.", file=sys.stderr)
        return 1
    return run_window(arguments.paths(), sys.argv[:1])


if __name__ == "__main__":
    sys.exit(main())
