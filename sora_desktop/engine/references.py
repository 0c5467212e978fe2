"""References before they are sent: the tray, what a picture will become, addresses, and where local files can go."""

from __future__ import annotations

import contextlib
import hashlib
import io
import uuid
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from sora_desktop.core.accounts import Account, ReferenceHost, clean_host, is_private_host
from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import EnvironmentProblem, Failure, FailureKind, ProviderError, Sent, UserError
from sora_desktop.core.fixes import fitted
from sora_desktop.core.naming import shown_name
from sora_desktop.core.pictures import Plan
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.core.signal import Signal
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.hands import Hands
from sora_desktop.media.clips import kind_of
from sora_desktop.media.pictures import Mended, glance, inspect, mend, thumbnail
from sora_desktop.providers.http import Http, Looked
from sora_desktop.providers.s3 import Bucket
from sora_desktop.storage.references import ReferenceStore, TrayItem
from sora_desktop.storage.uploads import UploadStore

T = TypeVar("T")
MOST_FETCHED = 50_000_000
"""Bytes of a picture that is looked at, or fetched, from an address."""
HEAD = 512_000
"""Bytes that are enough to measure nearly every picture."""
PAGES = frozenset({"text/html", "application/json", "application/xhtml+xml"})
"""Types of what is no file, but tells something."""
HEAD_SECONDS, FETCH_SECONDS = 20.0, 120.0


class Way(StrEnum):
    """How a local file reaches an account's service. `attach`: it travels in the create call; `none`: the service takes
    public addresses only."""

    UPLOAD = "upload"
    ATTACH = "attach"
    S3 = "s3"
    ACCOUNT = "account"
    NONE = "none"


class References:
    """The tray and everything a face does with references. `changed`: the tray is another one now.

    Methods raise UserError with a sentence for what the person can mend, EnvironmentProblem for the disk.
    """

    def __init__(self, store: ReferenceStore, uploads: UploadStore, accounts: Accounts, http: Http) -> None:
        self.store = store
        self.uploads = uploads
        self.changed: Signal[[]] = Signal()
        self._accounts = accounts
        self._http = http
        self._hands = Hands(2, "pictures")

    async def in_thread(self, function: Callable[..., T], *args: object) -> T:
        """Runs what blocks (decoding, copying) off the loop."""
        return await self._hands.run(lambda: function(*args))

    def abandon(self) -> None:
        """Nobody waits any longer for what blocks."""
        self._hands.abandon()

    def close(self) -> None:
        """Ends the threads. Called by `Engine.stop`."""
        self._hands.close()

    # The tray.

    async def add(self, source: Path | bytes, name: str = "") -> Reference:
        """Looks at a file (or at bytes that were pasted or dropped), keeps it in the tray, and answers the reference.

        Raises UserError: what `media.pictures.inspect` says of a file that is no good.
        """
        item = await self.store.put(await self.in_thread(self.store.take_in, source, name))
        self.changed.emit()
        return item.reference()

    async def add_frame(self, clip: Path, seconds: float | None = None, name: str = "") -> Reference:
        """A frame of a clip as a reference: the one at `seconds`, or the last.

        Raises UserError `frame_none`, `clip_missing`.
        """
        return await self.add(await self.in_thread(_frame, clip, seconds), name or f"{clip.stem}.png")

    async def fetch(self, account_id: str, url: str) -> Reference:
        """Fetches a picture from a public address into the tray, so that it can be mended. Raises UserError."""
        looked = await self._looked(account_id, url, MOST_FETCHED, FETCH_SECONDS)
        if not looked.whole:
            heavy = len(looked.body) >= MOST_FETCHED or (looked.total or 0) > MOST_FETCHED
            code, limit = "picture_heavy" if heavy else "reference_url_slow", f"{MOST_FETCHED / 1_000_000:g}"
            raise UserError(code, name=name_of(url), limit=limit)
        return await self.add(looked.body, name_of(url))

    async def recent(self, limit: int = 60) -> list[TrayItem]:
        """The tray: the pinned ones, then the others, each the one used last first."""
        return await self.store.recent(limit)

    async def used(self, reference: Reference) -> None:
        """It was taken again: it comes to the front. Not being able to note that is no reason to stop."""
        if reference.sha256:
            with contextlib.suppress(EnvironmentProblem):
                await self.store.used(reference.sha256)
                self.changed.emit()

    async def pin(self, sha256: str, pinned: bool = True) -> None:
        await self.store.pin(sha256, pinned)
        self.changed.emit()

    async def forget(self, sha256: str) -> None:
        """Takes one out of the tray. Its original stays as long as a job or a draft refers to it."""
        if await self.store.forget(sha256):
            await self.in_thread(self.store.remove_files, sha256)
        self.changed.emit()

    async def tidy(self) -> None:
        """Removes what nobody uses any more, and what a killed process left half made."""
        gone = await self.store.forget_unused()
        for sha256 in gone:
            await self.in_thread(self.store.remove_files, sha256)
        await self.in_thread(self.store.remove_leftovers)
        if gone:
            self.changed.emit()

    async def original(self, reference: Reference) -> Path:
        """The file a reference stands for: the kept one, else the one at its path if that is still the same.

        Raises UserError `reference_missing`.
        """
        path = await self.in_thread(self._found, reference)
        if path is None:
            raise UserError("reference_missing", name=reference.name or Path(reference.path).name)
        return path

    def _found(self, reference: Reference) -> Path | None:
        kept = self.store.original(reference.sha256) if reference.sha256 else None
        if kept is not None:
            return kept
        path = Path(reference.path)
        if not reference.path or not path.is_file():
            return None
        if not reference.sha256:
            return path
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == reference.sha256
        return path if same else None

    async def keep(self, original: Path, reference: Reference) -> Reference:
        """The reference with its picture's facts, and with its original in the tray's keeping: "use again" needs it."""
        if reference.picture is not None and self.store.folder in original.parents:
            await self.used(reference)
            return reference
        item = await self.in_thread(self.store.take_in, original, reference.name)
        await self.store.put(item)
        self.changed.emit()
        update = {"picture": item.picture, "sha256": item.sha256, "mime": item.mime, "name": item.name}
        return reference.model_copy(update=update)

    # What a picture will become.

    async def preview(self, reference: Reference, longest: int = 640, plan: Plan | None = None) -> bytes:
        """A JPEG of a picture, upright, its longer side `longest` pixels at most; cut and turned as `plan` says.

        Without `plan` it is the whole picture: what a crop box is drawn on. Of a clip it is the first frame.
        """
        source: Path | bytes = await self.original(reference)
        if reference.kind == "video":
            source = await self.in_thread(_frame, source, 0.0)
        return await self.in_thread(thumbnail, source, longest, plan or Plan())

    async def made(self, reference: Reference, rule: ReferenceRule) -> Mended:
        """What will be sent: the bytes, their type, size, and the quality they were saved with."""
        path = await self.original(reference)
        plan = fitted(rule, reference.plan)
        return await self.in_thread(mend, path, plan, reference.name, reference.picture)

    # Addresses.

    async def look(self, account_id: str, url: str) -> Reference:
        """Checks a public address, without any key, and answers the reference with what is known of its picture.

        Raises UserError: `reference_url_dead`, `reference_url_private`, `reference_url_no_file`,
        `reference_url_unreachable`, `reference_url_astray`, or what is wrong with its content. What only the host can
        decide (401, 403, 405, 429, 5xx) is let pass: it may answer the service better than us.
        """
        found = Reference(kind="image", name=name_of(url), url=url)
        try:
            looked = await self._looked(account_id, url, HEAD, HEAD_SECONDS)
        except _Undecided:
            return found
        return await self.in_thread(_measured, found, looked)

    async def _looked(self, account_id: str, url: str, most: int, seconds: float) -> Looked:
        name = name_of(url)
        try:
            private, route = self._accounts.is_private(account_id), self._accounts.route(account_id)
            looked = await self._http.look(url, most=most, allow_private=private, route=route, seconds=seconds)
        except ProviderError as error:
            raise _url_problem(error, name) from None
        if looked.mime in PAGES:
            raise UserError("reference_url_no_file", name=name)
        return looked

    # Where local files can go.

    def way(self, account_id: str, rule: ReferenceRule | None) -> Way:
        """How a local file would reach the service of this account."""
        account = self._accounts.get(account_id)
        if rule is None or account is None:
            return Way.NONE
        if rule.attach:
            return Way.ATTACH
        if rule.upload:
            return Way.UPLOAD
        host = account.reference_host
        if host is None:
            return Way.NONE
        return Way.S3 if host.kind == "s3" else Way.ACCOUNT if self.uploader(account) else Way.NONE

    def takes_files(self, account_id: str, rule: ReferenceRule | None) -> bool:
        """Whether local files can be sent: what `core.request.check` is told as `hosted`."""
        return self.way(account_id, rule) is not Way.NONE

    def uploader(self, account: Account) -> Account | None:
        """The account whose uploads hold this one's references; None where it is gone or takes none."""
        host = account.reference_host
        other = self._accounts.get(host.account) if host and host.kind == "account" else None
        return other if other and self.upload_models(other) else None

    def upload_models(self, account: Account) -> list[str]:
        """The account's models that take uploaded files."""
        models = self._accounts.models(account.id)
        return [model.id for model in models if model.references and model.references.upload]

    def upload_model(self, account: Account, reference: Reference) -> Model | None:
        """A model of the account whose uploads may hold `reference`; one that takes its type, if there is one."""
        models = self._accounts.models(account.id)
        rules = [(model, rule) for model in models if (rule := model.references) and rule.upload]
        fitting = [(model, rule.limit(reference.kind)) for model, rule in rules if reference.kind in rule.kinds]
        fitting.sort(key=lambda one: reference.mime not in (one[1].mime_types or (reference.mime,)))
        return fitting[0][0] if fitting else None

    async def bucket(self, account: Account, host: ReferenceHost, secret: str = "") -> Bucket:
        """The bucket of an account. Raises UserError `host_secret_missing`, `key_locked`."""
        secret = secret or await self._accounts.host_secret(account.id)
        private = is_private_host(urlsplit(host.endpoint).hostname or "")
        return Bucket(self._http, host, secret, allow_private=private, route=account.proxy)

    async def test_host(self, account_id: str, host: ReferenceHost | None = None, secret: str = "") -> None:
        """Puts a tiny file on the account's reference host, fetches it by its address and removes it again.

        `host` and `secret` are tried instead of the kept ones. For another account's uploads: whether it is there.
        Raises UserError or ProviderError with the reason.
        """
        account = self._accounts.get(account_id)
        if account is None:
            raise UserError("account_unknown", name=account_id)
        host = clean_host(host) if host else account.reference_host
        if host is None:
            raise UserError("host_incomplete")
        if host.kind == "account":
            if self.uploader(account.model_copy(update={"reference_host": host})) is None:
                raise UserError("host_account_gone")
            await self._accounts.connection(host.account)
            return
        bucket = await self.bucket(account, host, secret)
        text = f"Sora Desktop was here to test: {uuid.uuid4()}\n".encode()
        key = bucket.key(f"test-{uuid.uuid4().hex}.txt")
        path = await self.in_thread(self.store.temporary, text, ".txt")
        try:
            await bucket.put(key, path, "text/plain")
            try:
                found = await bucket.get(key)
            finally:
                await bucket.delete(key)
        finally:
            await self.in_thread(path.unlink)
        if found != text:
            failure = Failure(kind=FailureKind.SERVER, code="host_differs", args={"host": bucket.netloc})
            raise ProviderError(failure, Sent.REFUSED)


class _Undecided(UserError):
    """The host of an address would not tell us; it may tell the service."""


def _url_problem(error: ProviderError, name: str) -> Exception:
    """What a look that failed says about a reference. An offline machine says nothing: the error passes."""
    match error.failure.code:
        case "result_link_dead" if error.failure.http_status in {404, 410}:
            return UserError("reference_url_dead", name=name)
        case "result_address" if error.failure.detail:
            return UserError("reference_url_astray", name=name)
        case "result_address":
            return UserError("reference_url_private", name=name)
        case "offline":
            return error
        case _ if error.failure.http_status is not None:
            return _Undecided("reference_url_unreachable", name=name)
        case _:
            return UserError("reference_url_unreachable", name=name)


def _measured(reference: Reference, looked: Looked) -> Reference:
    """The reference with its file's facts, as far as its first bytes tell them; whatever its host calls it."""
    kind, mime = kind_of(looked.body)
    update: dict[str, object] = {"bytes": looked.total, "kind": kind, "mime": mime}
    if kind == "image" and looked.whole:
        picture = inspect(looked.body, reference.name)
        update |= {"mime": picture.mime, "width": picture.width, "height": picture.height, "bytes": picture.bytes}
    elif kind == "image":
        mime, width, height = glance(looked.body, reference.name)
        update |= {"mime": mime, "width": width, "height": height}
    return reference.model_copy(update=update)


def _frame(clip: Path, seconds: float | None) -> bytes:
    from sora_desktop.media.errors import BadVideo
    from sora_desktop.media.stills import frame_at, last_frame

    try:
        picture = last_frame(clip) if seconds is None else frame_at(clip, seconds)
    except (BadVideo, OSError):
        raise UserError("frame_none" if clip.is_file() else "clip_missing", name=clip.name) from None
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return out.getvalue()


def name_of(url: str) -> str:
    """What to call the file at an address."""
    parts = urlsplit(url)
    return shown_name(PurePosixPath(unquote(parts.path)).name) or parts.hostname or url
