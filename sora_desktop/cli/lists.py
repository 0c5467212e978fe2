"""`accounts`, `models` and `jobs`: what is there, and the free call that tests an account."""

from __future__ import annotations

import asyncio
import getpass
import sys

from sora_desktop.assembly import Assembly, opened
from sora_desktop.cli.arguments import Arguments
from sora_desktop.cli.generate import environment_key
from sora_desktop.cli.models import show_models
from sora_desktop.cli.printing import complain, failure_text, job_object, printable, put, put_json, table
from sora_desktop.cli.servers import probe
from sora_desktop.core.accounts import Account, clean_headers, clean_key
from sora_desktop.core.errors import ProviderError, UserError
from sora_desktop.core.params import as_text
from sora_desktop.storage.secrets import SecretState

LONGEST_LINE = 8192
KEY_STATES = {
    SecretState.FOUND: "kept",
    SecretState.SESSION: "this run",
    SecretState.MISSING: "none",
    SecretState.LOCKED: "locked",
    SecretState.UNAVAILABLE: "no keyring",
}


def run(arguments: Arguments) -> int:
    return asyncio.run(_run(arguments))


async def _run(arguments: Arguments) -> int:
    async with opened(arguments.paths(), override_key=environment_key(), own=False) as studio:
        match arguments.command, getattr(arguments, "action", ""):
            case "accounts", "add":
                return await _add(studio, arguments)
            case "accounts", "list":
                return await _list(studio, arguments)
            case "accounts", "test":
                return await _test(studio, _named(studio, arguments.account or arguments.name))
            case "accounts", "probe":
                account = _named(studio, arguments.account or arguments.name)
                return await probe(studio, account, as_json=arguments.json)
            case "accounts", "remove":
                return await _remove(studio, _named(studio, arguments.account or arguments.name))
            case "models", _:
                account = _named(studio, arguments.account) if arguments.account else None
                return await show_models(studio, account, arguments)
            case _:
                return await _jobs(studio, arguments)


def _named(studio: Assembly, name: str | None) -> Account:
    if not name:
        raise UserError("account_not_named")
    account = studio.accounts.find(name)
    if account is None:
        raise UserError("account_unknown", name=name)
    return account


async def _add(studio: Assembly, arguments: Arguments) -> int:
    accounts = studio.accounts
    account = accounts.draft(arguments.provider, arguments.name, arguments.base_url, allow_http=arguments.allow_http)
    given = environment_key()
    provider = accounts.catalog.provider(account.provider)
    optional = provider is not None and not provider.needs_key
    key = None if given else _read_key(account.name, optional=optional)
    headers = clean_headers({name: _read_line(f"Value of {printable(name)}: ") or "" for name in arguments.header})
    state = await accounts.add(account, key)
    if headers and await accounts.set_headers(account.id, headers) is SecretState.SESSION:
        complain("The values of the headers were not kept: there is no system keyring, or it is locked.")
    put(f"{account.id}  {account.name}")
    if optional and not given and key is None:
        return 0
    if given:
        complain("The key of SORA_DESKTOP_KEY is not kept: set it for later runs, too.")
    elif key is None:
        complain("No key was given. Set SORA_DESKTOP_KEY for later runs, or enter it in the window.")
    elif state is SecretState.SESSION:
        complain(
            "The key was not kept: there is no system keyring, or it is locked. Set SORA_DESKTOP_KEY for later runs."
        )
    return 0


def _read_key(name: str, *, optional: bool) -> str | None:
    """The key that is typed or piped in; None where there is nothing at all, or an empty line and the key is optional.

    Raises UserError for a bad one.
    """
    line = _read_line(f"Key of {printable(name)}: ")
    return None if line is None or (optional and not line.strip()) else clean_key(line)


def _read_line(prompt: str) -> str | None:
    """A secret that is typed unseen, or the next line that is piped in; None at the end."""
    if sys.stdin is None:
        return None
    if sys.stdin.isatty():
        try:
            return getpass.getpass(prompt)
        except EOFError:
            return None
    # Bytes: a secret that is no text must not end in a decoding error.
    line = sys.stdin.buffer.readline(LONGEST_LINE)
    return line.decode("utf-8", "replace") if line else None


async def _list(studio: Assembly, arguments: Arguments) -> int:
    accounts = studio.accounts
    states = await asyncio.gather(*(accounts.key_state(account.id) for account in accounts.all))
    if arguments.json:
        wanted = {"id", "name", "provider", "base_url", "builtin", "enabled"}
        put_json(
            [
                account.model_dump(include=wanted) | {"key": state.value}
                for account, state in zip(accounts.all, states, strict=True)
            ]
        )
        return 0
    rows = [
        (
            account.name,
            account.provider,
            "built in" if account.builtin else KEY_STATES[state],
            account.id,
            account.base_url,
        )
        for account, state in zip(accounts.all, states, strict=True)
    ]
    put(table(("NAME", "PROVIDER", "KEY", "ID", "ADDRESS"), rows))
    return 0


async def _test(studio: Assembly, account: Account) -> int:
    studio.accounts.serve(account.id)
    try:
        check = await studio.engine.test(account.id)
    except ProviderError as error:
        complain(f"{printable(account.name)}: {failure_text(error.failure)}")
        return 1
    words = [f"{printable(account.name)}: the service answered in {check.milliseconds:.0f} ms."]
    if check.balance is not None:
        words.append(f"{as_text(check.balance)} credits left.")
    if check.models is not None:
        words.append(f"{check.models} models.")
    if not check.verified:
        words.append("It has no free call that proves the key.")
    put(" ".join(words))
    return 0


async def _remove(studio: Assembly, account: Account) -> int:
    await studio.accounts.remove(account.id)
    put(f"{printable(account.name)} is removed. Its jobs stay.")
    return 0


async def _jobs(studio: Assembly, arguments: Arguments) -> int:
    jobs = await studio.jobs.all()
    if arguments.json:
        for job in jobs:
            put_json(job_object(job))
        return 0
    rows = [
        (
            job.id[:8],
            job.state.value,
            job.request.model,
            "" if job.final is None else as_text(job.final),
            job.path if job.state == "done" else failure_text(job.failure) if job.failure else job.request.prompt[:60],
        )
        for job in jobs
    ]
    put(table(("JOB", "STATE", "MODEL", "CREDITS", "PATH"), rows))
    return 0
