"""`generate` and `resume`: paid work, watched until it has ended."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from urllib.parse import urlsplit

from sora_desktop.assembly import Assembly, opened
from sora_desktop.cli.arguments import Arguments
from sora_desktop.cli.printing import complain, failure_text, job_object, put, put_json, sentence
from sora_desktop.cli.watching import OwnerGone, Watch
from sora_desktop.core import request as requests
from sora_desktop.core.accounts import Account, clean_key
from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.params import Scalar, coerce
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine.clock import Clock
from sora_desktop.engine.orders import new_jobs
from sora_desktop.storage.secrets import SecretState

DONE, FAILED, UNCERTAIN = 0, 1, 3


def generate(arguments: Arguments) -> int:
    """Makes the jobs and waits for them; see the package for the exit codes."""
    return asyncio.run(_generate(arguments))


def resume(arguments: Arguments) -> int:
    """Runs until every unfinished job has ended."""
    return asyncio.run(_resume(arguments))


def environment_key() -> str:
    """The key of SORA_DESKTOP_KEY, empty where it is not set. Raises UserError where no header can carry it."""
    text = os.environ.get("SORA_DESKTOP_KEY", "")
    return clean_key(text) if text.strip() else ""


class Reporter:
    """Prints each job when it has settled and remembers what that means for the exit code."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._codes: set[int] = set()

    def __call__(self, job: Job) -> None:
        self._codes.add(_code(job))
        if self._json:
            put_json(job_object(job))
        elif job.state is State.DONE:
            put(job.path)
        elif _code(job) == DONE:
            put(f"{job.id}  {job.remote_id or job.state.value}")
        if not self._json and job.failure and job.state is not State.DONE:
            complain(f"{job.id[:8]}: {failure_text(job.failure)}")
        if not job.ended and job.state is not State.UNCERTAIN and job.failure:
            complain(f"{job.id[:8]}: it is not watched any longer, but stays; go on with “sora-desktop resume”.")

    @property
    def exit_code(self) -> int:
        """The gravest of all jobs: what may have been billed unseen first."""
        return next((code for code in (UNCERTAIN, FAILED) if code in self._codes), DONE)

    def missed(self, count: int) -> None:
        """`count` jobs were deleted, in the window, before they had ended."""
        if count:
            self._codes.add(FAILED)
            complain(f"{count} of the jobs were deleted before they had ended.")


def _code(job: Job) -> int:
    if job.state is State.UNCERTAIN:
        return UNCERTAIN
    if job.ended:
        return DONE if job.state is State.DONE else FAILED
    return FAILED if job.failure else DONE


def _end_by_log_out() -> None:
    """SIGTERM ends it as Ctrl+C does: what is being sent gets its answer first."""
    with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or a thread.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)


async def _generate(arguments: Arguments) -> int:
    _end_by_log_out()
    report = Reporter(as_json=arguments.json)
    ids: list[str] = []
    while True:
        async with opened(arguments.paths(), override_key=environment_key(), own=None) as studio:
            account = _account(studio, arguments.account or "")
            studio.accounts.serve(account.id)
            if not ids:
                request = _request(studio, account, arguments)
                if studio.owner:
                    await studio.accounts.connection(account.id)  # a missing key is said before a job is made
                    await studio.engine.start()
                    jobs = await studio.engine.submit(account.id, request, arguments.count)
                else:
                    jobs = await _hand_over(studio, account, request, arguments.count)
                ids = [job.id for job in jobs]
                if arguments.no_wait and not studio.owner:
                    for job in jobs:
                        report(job)
                    return report.exit_code
            elif studio.owner:
                await studio.engine.start()
            try:
                deleted = await Watch(studio, report, _accepted if arguments.no_wait else _never).until_settled(ids)
            except OwnerGone:
                continue
            report.missed(deleted)
            return report.exit_code


def _account(studio: Assembly, name: str) -> Account:
    account = studio.accounts.find(name)
    if account is None:
        raise UserError("account_unknown", name=name)
    if not account.enabled:
        raise UserError("account_off", name=account.name)
    return account


def _request(studio: Assembly, account: Account, arguments: Arguments) -> GenerationRequest:
    """What was asked for, checked. Raises UserError with the first reason why it may not be sent."""
    if studio.settings.current.queue_paused:
        raise UserError("queue_paused")
    wanted = arguments.model.strip().casefold()
    models = studio.accounts.models(account.id)
    model = next((model for model in models if wanted in {model.id.casefold(), model.name.casefold()}), None)
    if model is None:
        raise UserError("model_unknown", name=arguments.model)
    values = _values(model, arguments.param)
    problems = requests.check(model, arguments.prompt, values)
    if problems:
        raise UserError(problems[0].code, **problems[0].args)
    return GenerationRequest(provider=account.provider, model=model.id, prompt=arguments.prompt, values=values)


def _values(model: Model, texts: list[str]) -> dict[str, Scalar]:
    """KEY=VALUE texts as values of the model's own types; what does not fit stays text, for the check to name."""
    values: dict[str, Scalar] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key:
            raise UserError("param_syntax", text=text)
        if key in values:
            raise UserError("param_twice", name=key)
        param = model.param(key)
        fitting = coerce(param, value) if param else None
        values[key] = value if fitting is None else fitting
    return values


async def _hand_over(studio: Assembly, account: Account, request: GenerationRequest, count: int) -> list[Job]:
    """Another process has the folder: it takes waiting jobs out of the database by itself."""
    jobs = new_jobs(account, request, count, await studio.jobs.all(), Clock())
    await studio.jobs.add(jobs)
    if environment_key():
        complain("Sora Desktop is running with this data folder and sends this with its own key.")
    return jobs


async def _resume(arguments: Arguments) -> int:
    _end_by_log_out()
    report = Reporter(as_json=arguments.json)
    while True:
        async with opened(arguments.paths(), override_key=environment_key(), own=None) as studio:
            unfinished = [job for job in await studio.jobs.all() if not job.ended]
            if not unfinished:
                complain("There is nothing to resume.")
                return report.exit_code
            await _serve_keyless(studio, {job.account for job in unfinished})
            paused = studio.settings.current.queue_paused
            if paused and any(job.state is State.WAITING for job in unfinished):
                complain(sentence("queue_paused"))
            if studio.owner:
                await studio.engine.start()
            try:
                await Watch(studio, report, _all_wait if paused else _held).until_all_settled()
            except OwnerGone:
                continue
            return report.exit_code


def _never(_job: Job) -> bool:
    return False


def _accepted(job: Job) -> bool:
    return bool(job.remote_id)


def _held(job: Job) -> bool:
    return job.state is State.WAITING and job.held


def _all_wait(job: Job) -> bool:
    return job.state is State.WAITING


async def _serve_keyless(studio: Assembly, account_ids: set[str]) -> None:
    """Lets SORA_DESKTOP_KEY serve the accounts without a kept key, if all are of one service: it belongs to one."""
    if not environment_key():
        return
    keyless: list[Account] = []
    for account_id in account_ids:
        account = studio.accounts.get(account_id)
        kept = await studio.accounts.key_state(account_id)
        if account and not account.builtin and kept not in {SecretState.FOUND, SecretState.SESSION}:
            keyless.append(account)
    if len({urlsplit(account.base_url)[:2] for account in keyless}) > 1:
        complain("SORA_DESKTOP_KEY is not used: the unfinished jobs are of several services, and it belongs to one.")
        return
    for account in keyless:
        studio.accounts.serve(account.id)
