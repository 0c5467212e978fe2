"""What may be typed after `sora-desktop`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from sora_desktop import __version__
from sora_desktop.core.request import storable
from sora_desktop.storage.paths import Paths


class Arguments(argparse.Namespace):
    """The parsed command line. What a command does not know is not set."""

    command: str | None
    data_dir: Path | None = None
    action: str
    account: str | None
    refresh: bool
    file: str
    provider: str
    base_url: str
    name: str
    allow_http: bool
    header: list[str]
    model: str
    prompt: str
    param: list[str]
    count: int
    json: bool
    no_wait: bool
    state: Path | None
    text: str
    favourites: bool
    clips: list[str]
    tag: str
    off: bool

    def paths(self) -> Paths:
        """The data folder that was asked for. Raises EnvironmentProblem where it cannot be made."""
        return Paths.at(self.data_dir) if self.data_dir else Paths.standard()


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the whole usage before it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parse(argv: list[str]) -> Arguments:
    """Reads `argv`. Ends the program with code 2 and one sentence when it makes no sense."""
    return _parser(with_simulator="simulate" in argv).parse_args(argv, Arguments())


def _parser(*, with_simulator: bool) -> Parser:
    everywhere = Parser(add_help=False)
    # Suppressed, or the subcommand's default would undo what stands before it.
    everywhere.add_argument(
        "--data-dir",
        type=_folder,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="keep everything below DIR, the videos too",
    )
    parser = Parser(
        prog="sora-desktop",
        description="A studio for hosted AI-video models. Without a command it opens the window.",
        parents=[everywhere],
    )
    parser.add_argument("--version", action="version", version=f"Sora Desktop {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, help: str) -> Parser:
        return commands.add_parser(name, help=help, description=help, parents=[everywhere])

    _accounts(command("accounts", "add, list, test, probe and remove accounts"), everywhere)
    models = command("models", "list the models and their parameters")
    models.add_argument("--account", metavar="A", help="only what this account can make (name or id)")
    models.add_argument("--refresh", action="store_true", help="ask the services for their lists first (a free call)")
    _json(models, "one JSON list")
    _providers(command("providers", "list the services, and check files that describe one"), everywhere)
    _generate(command("generate", "make clips and wait for them"))
    _json(command("jobs", "list the jobs"), "one JSON object a line")
    _library(command("library", "list the finished clips, tag them, take them out of the library"), everywhere)
    _json(command("resume", "run until every unfinished job has ended"), "one JSON object a job")
    simulator = command("simulate", "run the built-in simulator alone")
    if with_simulator:
        from sora_desktop.simulator.command import add_arguments

        add_arguments(simulator)
    return parser


def _accounts(parser: Parser, everywhere: Parser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="add|list|test|probe|remove", required=True)
    add = actions.add_parser(
        "add",
        parents=[everywhere],
        help="add an account",
        description="Adds an account. The key is read from standard input and kept in the system keyring; one in "
        "SORA_DESKTOP_KEY is used, but never kept. Values of extra headers follow the key, one on a line.",
    )
    add.add_argument("--provider", required=True, metavar="P", help="id of the provider, as in “models”")
    add.add_argument("--base-url", default="", metavar="URL", help="another address than the provider's own")
    add.add_argument("--name", type=storable, default="", metavar="NAME", help="what the account is called")
    add.add_argument("--allow-http", action="store_true", help="send the key unprotected to another machine")
    add.add_argument(
        "--header", action="append", default=[], metavar="NAME", help="an extra header; its value is read as the key is"
    )
    _json(
        actions.add_parser("list", parents=[everywhere], help="list the accounts", description="Lists the accounts."),
        "one JSON list",
    )
    test = "make a free call to the service"
    remove = "forget an account and its key; its jobs stay"
    probe = "look at a server of your own for free, and write what it can do into its file"
    for name, help in (("test", test), ("probe", probe), ("remove", remove)):
        action = actions.add_parser(name, parents=[everywhere], help=help, description=f"{help.capitalize()}.")
        action.add_argument("account", nargs="?", metavar="ACCOUNT", help="name or id")
        action.add_argument("--name", default="", metavar="NAME", help="the same")
        if name == "probe":
            _json(action, "one JSON object")


def _providers(parser: Parser, everywhere: Parser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="check|list|schema|example", required=True)

    def action(name: str, help: str, more: str = "") -> Parser:
        return actions.add_parser(name, parents=[everywhere], help=help, description=f"{help.capitalize()}.{more}")

    check = action(
        "check",
        "say what is wrong with a file that describes a service",
        " Each problem on a line with its place. Ends with code 0 where nothing is wrong, else with 1.",
    )
    check.add_argument("file", metavar="FILE", help="the TOML file; “-” reads standard input")
    _json(check, "one JSON object")
    _json(action("list", "list the services, and the folder for files of your own"), "one JSON object")
    action("schema", "print the JSON Schema of such a file, for editors")
    action("example", "print such a file with everything explained")


def _library(parser: Parser, everywhere: Parser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="list|tag|remove", required=True)

    def action(name: str, help: str) -> Parser:
        return actions.add_parser(name, parents=[everywhere], help=help, description=f"{help.capitalize()}.")

    clips = action("list", "list the clips, the newest first")
    clips.add_argument(
        "--text", type=storable, default="", metavar="WORDS", help="only those that hold every one of these words"
    )
    clips.add_argument("--favourites", action="store_true", help="only the favourites")
    _json(clips, "one JSON object a line")
    tag = action("tag", "put a tag on a clip")
    tag.add_argument("clips", nargs=1, metavar="ID", help="the clip's id, or how it begins")
    tag.add_argument("tag", type=storable, metavar="TAG", help="a word or two")
    tag.add_argument("--off", action="store_true", help="take the tag off")
    remove = action("remove", "take clips out of the library; their files stay")
    remove.add_argument("clips", nargs="+", metavar="ID", help="a clip's id, or how it begins")


def _generate(parser: Parser) -> None:
    parser.add_argument("--account", required=True, metavar="A", help="name or id")
    parser.add_argument("--model", required=True, metavar="M", help="id or name")
    parser.add_argument("--prompt", type=storable, required=True, metavar="P", help="what the clip shows")
    parser.add_argument(
        "--param", type=storable, action="append", default=[], metavar="K=V", help="a parameter; may be repeated"
    )
    parser.add_argument("--count", type=_count, default=1, metavar="N", help="how many clips (each is paid for)")
    parser.add_argument("--no-wait", action="store_true", help="return when the service has accepted the jobs")
    _json(parser, "one JSON object a job")


def _json(parser: Parser, what: str) -> None:
    parser.add_argument("--json", action="store_true", help=f"print {what}")


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("give a folder")
    return Path(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 100")
    return int(text)
