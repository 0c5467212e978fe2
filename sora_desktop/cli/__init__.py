"""The command line, on the same engine and database as the window. No Qt is needed.

Exit codes: 0 done, 1 failed, 2 usage, 3 uncertain (a clip may have been made and billed), 130 after
Ctrl+C or a log-out (SIGTERM).
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

from sora_desktop.cli.arguments import Arguments, parse
from sora_desktop.cli.printing import complain, sentence
from sora_desktop.core.errors import EnvironmentProblem, ProviderError, UserError
from sora_desktop.core.redact import RedactingFormatter

DONE, FAILED, USAGE, UNCERTAIN, INTERRUPTED = 0, 1, 2, 3, 130
LOG_BYTES = 1_000_000

__all__ = ["Arguments", "guarded", "parse", "run"]


def run(arguments: Arguments) -> int:
    """Runs a command; the answer is the exit code."""
    return guarded(arguments, _command)


def _command(arguments: Arguments) -> int:
    # Imported by the command: a list of jobs needs no network, and the simulator no engine.
    match arguments.command:
        case "simulate":
            from sora_desktop.cli.simulate import simulate

            return simulate(arguments)
        case "generate" | "resume":
            from sora_desktop.cli.generate import generate, resume

            _log_to_file(arguments)
            return generate(arguments) if arguments.command == "generate" else resume(arguments)
        case "providers":
            from sora_desktop.cli import providers

            return providers.run(arguments)
        case "library":
            from sora_desktop.cli import library

            _log_to_file(arguments)
            return library.run(arguments)
        case _:
            from sora_desktop.cli import lists

            _log_to_file(arguments)
            return lists.run(arguments)


def guarded(arguments: Arguments, work: Callable[[Arguments], int]) -> int:
    """Runs `work`; whatever goes wrong becomes one sentence on stderr and an exit code, never a traceback."""
    try:
        return work(arguments)
    except UserError as error:
        more = " Here, SORA_DESKTOP_KEY can hold it, too." if error.code == "key_missing" else ""
        complain(sentence(error.code, error.words) + more)
        return USAGE
    except (EnvironmentProblem, ProviderError) as error:
        complain(sentence(error.code, error.words))
        return FAILED
    except KeyboardInterrupt:
        if arguments.command in {"generate", "resume"}:
            complain("Stopped watching. The jobs stay; go on with “sora-desktop resume”.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough; Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception:
        logging.getLogger(__name__).exception("the command failed")
        complain(sentence("unexpected"))
        return FAILED


def _log_to_file(arguments: Arguments) -> None:
    """Warnings and defects go to a private file, without keys."""
    file = arguments.paths().logs / "command-line.log"
    if file.exists() and file.stat().st_size > LOG_BYTES:
        file.replace(file.with_suffix(".old.log"))
    handler = logging.StreamHandler(os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a"))
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
