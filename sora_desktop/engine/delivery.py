"""References on their way: mended, checked, put where the service can reach them, and remembered. Costs nothing."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sora_desktop.core import references as rules
from sora_desktop.core.accounts import Account, ReferenceHost, is_private_host
from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import EnvironmentProblem, FailureKind, ProviderError, UserError
from sora_desktop.core.fixes import chosen_aspect, fitted
from sora_desktop.core.jobs import Job
from sora_desktop.core.pictures import Picture, Plan
from sora_desktop.core.references import Reference, ReferenceRule, SentReference
from sora_desktop.engine.references import PAGES, Way
from sora_desktop.engine.works import Transfer, Works
from sora_desktop.media.pictures import Mended, ending, mend, named
from sora_desktop.providers.base import Progress
from sora_desktop.providers.s3 import Bucket
from sora_desktop.storage.uploads import MOST_AGE, Upload

STILL_THERE = 300.0
"""Seconds after which an address is looked at again before it is relied on."""
LINK_LEFT = 3600
"""Seconds that a link must live at least when a job is sent: the service may fetch it late."""
S3 = "s3:"
"""Before the key of what is remembered of a bucket: its link is made anew each time."""
ABOUT_FILE = re.compile(r"(?i)\b(reference|image|picture|file|url|link|fetch|download|media)")
"""Words of a refusal that is about the reference, where the service names no field."""


class HostTrouble(Exception):
    """The reference host, not the account's own service, is in the way."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error.code)
        self.error = error


@dataclass(frozen=True, slots=True)
class _Ready:
    """What will be sent of one reference: a file, its hash, and the reference as the service is told of it."""

    file: Path
    sha256: str
    reference: Reference


class Delivery:
    """Sends references for jobs. What was sent once is used again, also after a restart, while it is still there."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._store = works.references
        self._locks: dict[str, asyncio.Lock] = {}
        self._made: dict[str, str] = {}
        """The hash of what is sent, by the original's hash, plan and rule: twelve variations mend once."""
        self._seen: dict[str, float] = {}
        """When an address was last known to be there, in monotonic seconds."""
        self._fetches: dict[str, Reference] = {}
        """What was at an address, for as long as it is fresh."""
        self._looks: dict[str, Reference] = {}
        """What is known of an address without fetching it, as long."""
        self._reused: dict[str, set[tuple[str, str]]] = {}
        """Remembered uploads that a job relies on, as (account, hash)."""

    async def sent(self, job: Job, reference: Reference, kept: AsyncExitStack) -> SentReference:
        """A reference as the service is told of it: at an address it can reach, or as a file that lives as `kept` does.

        Raises UserError for what the person can mend, ProviderError of the account's service, HostTrouble of the host.
        """
        model = self._works.model(job)
        rule = model.references or ReferenceRule()
        if reference.url and not reference.path and not reference.sha256:
            if rule.urls and not rule.attach:
                await self._must_be_there(job, reference)
                return SentReference(url=reference.url, kind=reference.kind, name=reference.name, mime=reference.mime)
            reference = await self._fetched(job, reference)
        account = self._works.accounts.get(job.account)
        if account is None:
            raise UserError("account_gone")
        way = self._store.way(job.account, rule)
        if way is Way.NONE:
            gone = account.reference_host is not None
            raise UserError("host_account_gone") if gone else UserError("reference_needs_url", name=reference.name)
        plan = fitted(rule, reference.plan)
        content = f"{reference.sha256 or reference.path} {plan.model_dump_json()} {job.account}"
        async with self._locks.setdefault(content, asyncio.Lock()):
            match way:
                case Way.ATTACH:
                    ready = await kept.enter_async_context(self._ready(job, content, reference, plan, rule))
                    facts = ready.reference
                    return SentReference(file=str(ready.file), kind=facts.kind, name=facts.name, mime=facts.mime)
                case Way.S3:
                    sent = await self._by_bucket(job, account, content, reference, plan, rule)
                case Way.ACCOUNT:
                    sent = await self._by_account(job, account, content, reference, plan, rule)
                case _:
                    sent = await self._by_upload(job, content, reference, plan, model)
        # The same bytes may have been sent before under another file's name.
        name = named(reference.name, sent.mime) if reference.name and sent.kind == "image" else sent.name
        return sent.model_copy(update={"name": name})

    def forget(self, job_id: str) -> None:
        """The job was accepted or given up: what it relied on is of no more interest."""
        self._reused.pop(job_id, None)

    async def was_dead(self, job_id: str, error: ProviderError) -> bool:
        """Whether a refused create may be the fault of a remembered upload. It is forgotten then, and sent anew."""
        relied = self._reused.pop(job_id, set())
        about_file = error.failure.field == "references" or bool(ABOUT_FILE.search(error.failure.detail))
        if not relied or error.failure.kind is not FailureKind.REFUSED or not about_file:
            return False
        try:
            for account, sha256 in relied:
                await self._store.uploads.forget(account, sha256)
        except EnvironmentProblem:
            return False
        self._seen.clear()
        return True

    # Addresses.

    async def _must_be_there(self, job: Job, reference: Reference) -> None:
        place, model = f"{job.account} {reference.url}", self._works.model(job)
        found = self._looks.get(place) if self._fresh(place, job.account) else None
        if found is None:
            found = self._looks[place] = await self._store.look(job.account, reference.url)
            self._see(place)
        found = found if found.mime else found.model_copy(update={"kind": reference.kind})
        # Also what was just looked at: this job may have another model, or another ratio.
        problems = rules.check(model.references, [found], chosen_aspect(model.params, job.request.values))
        if problems:
            self._seen.pop(place, None)  # Another may be there when it is tried again.
            raise UserError(problems[0].code, **problems[0].args)

    async def _fetched(self, job: Job, reference: Reference) -> Reference:
        """The picture at an address, for a model that takes only files: fetched without any key, into the tray."""
        place = f"{job.account} {reference.url}"
        known = self._fetches.get(place) if self._fresh(place, job.account) else None
        if known is None:
            known = self._fetches[place] = await self._store.fetch(job.account, reference.url)
            self._see(place)
        return known.model_copy(update={"plan": reference.plan})

    def _fresh(self, what: str, account_id: str) -> bool:
        seen = self._seen.get(what)
        return seen is not None and self._works.clock.monotonic() - seen < STILL_THERE * self._works.pace(account_id)

    def _see(self, what: str) -> None:
        self._seen[what] = self._works.clock.monotonic()

    # The service's own uploads.

    async def _by_upload(self, job: Job, content: str, reference: Reference, plan: Plan, model: Model) -> SentReference:
        works = self._works
        connection = await works.connection(job)
        place = f"{job.account} {connection.base_url}"
        private = works.accounts.is_private(job.account, job.base_url)
        remembered = await self._remembered(job, place, self._made.get(content, ""), private)
        if remembered:
            return remembered
        async with self._ready(job, content, reference, plan, model.references or ReferenceRule()) as ready:
            remembered = await self._remembered(job, place, ready.sha256, private)
            if remembered:
                return remembered
            works.pulse(job.account).count()
            dialect = works.dialect(job)
            sent = await dialect.upload(connection, model, ready.reference, ready.file, self._report(job, reference))
            works.heard(job.account)
            await self._remember(place, ready.sha256, sent)
            return sent

    # Another account's uploads.

    async def _by_account(
        self, job: Job, account: Account, content: str, reference: Reference, plan: Plan, rule: ReferenceRule
    ) -> SentReference:
        works = self._works
        other = self._store.uploader(account)
        provider = works.accounts.provider(other.id) if other else None
        if other is None or provider is None:
            raise UserError("host_account_gone")
        if works.accounts.is_private(other.id) and not works.accounts.is_private(job.account, job.base_url):
            raise UserError("reference_host_local")
        connection = await works.accounts.connection(other.id)
        place = f"{other.id} {connection.base_url}"
        private = works.accounts.is_private(other.id)
        remembered = await self._remembered(job, place, self._made.get(content, ""), private)
        if remembered:
            return remembered
        async with self._ready(job, content, reference, plan, rule) as ready:
            remembered = await self._remembered(job, place, ready.sha256, private)
            if remembered:
                return remembered
            # The service checks a file against the model that it is named with.
            model = self._store.upload_model(other, ready.reference)
            if model is None:
                raise UserError("host_account_no_upload", name=other.name)
            works.pulse(other.id).count()
            try:
                upload, report = works.dialect_of(provider).upload, self._report(job, reference)
                sent = await upload(connection, model, ready.reference, ready.file, report)
            except ProviderError as error:
                works.missed(other.id, error)
                raise HostTrouble(error) from None
            works.heard(other.id)
            await self._remember(place, ready.sha256, sent)
            return sent

    # A bucket.

    async def _by_bucket(
        self, job: Job, account: Account, content: str, reference: Reference, plan: Plan, rule: ReferenceRule
    ) -> SentReference:
        host = account.reference_host
        assert host is not None
        private = is_private_host(urlsplit(host.endpoint).hostname or "")
        if private and not self._works.accounts.is_private(job.account, job.base_url):
            raise UserError("reference_host_local")
        bucket = await self._store.bucket(account, host)
        place = _place(host)
        sent = await self._in_bucket(job, bucket, place, self._made.get(content, ""))
        if sent is None:
            async with self._ready(job, content, reference, plan, rule) as ready:
                sent = await self._in_bucket(job, bucket, place, ready.sha256)
                if sent is None:
                    facts = ready.reference
                    key = bucket.key(f"{ready.sha256}{ending(facts.mime)}")
                    try:
                        await bucket.put(key, ready.file, facts.mime, self._report(job, reference))
                    except ProviderError as error:
                        raise HostTrouble(error) from None
                    self._see(key)
                    sent = SentReference(url=S3 + key, kind=facts.kind, name=facts.name, mime=facts.mime)
                    await self._remember(place, ready.sha256, sent)
        # The link is made anew for each job, so that its life begins now.
        seconds = max(host.link_seconds, LINK_LEFT)
        return sent.model_copy(update={"url": bucket.link(sent.url.removeprefix(S3), seconds=seconds)})

    async def _in_bucket(self, job: Job, bucket: Bucket, place: str, sha256: str) -> SentReference | None:
        """What was put into the bucket before and is still there, by its key."""
        known = await self._store.uploads.get(place, sha256, self._works.clock.now() - MOST_AGE) if sha256 else None
        if known is None:
            return None
        key = known.sent.url.removeprefix(S3)
        try:
            if not (self._fresh(key, job.account) or await bucket.has(key)):
                return None
        except ProviderError as error:
            raise HostTrouble(error) from None
        self._see(key)
        self._reused.setdefault(job.id, set()).add((place, sha256))
        return known.sent

    # What all ways share.

    @asynccontextmanager
    async def _ready(
        self, job: Job, content: str, reference: Reference, plan: Plan, rule: ReferenceRule
    ) -> AsyncGenerator[_Ready]:
        """The file to send, mended as the plan says and checked against the rule; gone when the context ends."""
        store = self._store
        original = await store.original(reference)
        if reference.kind != "image":
            name = reference.name or original.name
            file = await store.in_thread(store.store.blanked, original, name)
            try:
                sha256 = self._made[content] = await store.in_thread(_hash_of, file)
                yield _Ready(file, sha256, reference.model_copy(update={"name": name}))
            finally:
                await store.in_thread(file.unlink)
            return
        kept = await store.keep(original, reference)
        mended = await store.in_thread(mend, original, plan, kept.name, kept.picture)
        facts = _facts(kept, mended)
        aspect = chosen_aspect(self._works.model(job).params, job.request.values)
        problems = rules.check(rule, [facts], aspect, hosted=True)
        if problems:
            raise UserError(problems[0].code, **problems[0].args)
        sha256 = hashlib.sha256(mended.data).hexdigest()
        self._made[content] = sha256
        file = await store.in_thread(store.store.temporary, mended.data, ending(mended.mime))
        try:
            yield _Ready(file, sha256, facts)
        finally:
            await store.in_thread(file.unlink)

    async def _remembered(self, job: Job, place: str, sha256: str, private: bool) -> SentReference | None:
        """The upload of these bytes that is still there. One whose address is dead is forgotten.

        `private`: its service is in the user's own network, so its addresses may be too; others have no business there.
        """
        if not sha256:
            return None
        upload = await self._store.uploads.get(place, sha256, self._works.clock.now() - MOST_AGE)
        if upload is None:
            return None
        url = upload.sent.url
        if not self._fresh(url, job.account) and await self._is_dead(url, private, job.account):
            await self._store.uploads.forget(place, sha256)
            return None
        self._reused.setdefault(job.id, set()).add((place, sha256))
        return upload.sent

    async def _is_dead(self, url: str, private: bool, account_id: str) -> bool:
        """Whether there is no file any more. What cannot be found out now is no reason to send it anew."""
        try:
            route = self._works.accounts.route(account_id)
            looked = await self._works.http.look(url, allow_private=private, route=route)
        except ProviderError as error:
            return error.failure.code == "result_link_dead"
        if looked.mime in PAGES:  # Some hosts say it politely.
            return True
        self._see(url)
        return False

    async def _remember(self, place: str, sha256: str, sent: SentReference) -> None:
        """Not being able to is no reason to stop: the next job uploads once more."""
        now = self._works.clock.now()
        with contextlib.suppress(EnvironmentProblem):
            await self._store.uploads.put(Upload(account=place, sha256=sha256, sent=sent, uploaded_at=now))
        self._see(sent.url)

    def _report(self, job: Job, reference: Reference) -> Progress:
        own, hashes = reference.sha256, [one.sha256 for one in job.request.references]
        part, parts = (hashes.index(own) + 1, len(hashes)) if len(hashes) > 1 and own in hashes else (0, 0)

        def report(done: int, total: int) -> None:
            self._works.progress.emit(job.id, Transfer("upload", done, total, own, part, parts))

        return report


def _place(host: ReferenceHost) -> str:
    return f"s3 {host.endpoint} {host.bucket} {host.prefix}"


def _facts(reference: Reference, mended: Mended) -> Reference:
    """The reference as it is sent: named by its own name, with the ending of what it is or has become."""
    picture = Picture(mime=mended.mime, width=mended.width, height=mended.height, bytes=len(mended.data))
    return reference.model_copy(
        update={
            "name": named(reference.name, mended.mime),
            "mime": mended.mime,
            "bytes": len(mended.data),
            "width": mended.width,
            "height": mended.height,
            "picture": picture,
            "plan": Plan(),
        }
    )


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
