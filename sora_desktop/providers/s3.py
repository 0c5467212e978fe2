"""A bucket that speaks S3, by presigned addresses alone: what is needed to hand a picture to a service.

Source: AWS, "Authenticating requests: using query parameters (Signature Version 4)", with its published example as a
test. Nothing else of S3 is needed, so no library is.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import quote, unquote, urlsplit

from sora_desktop.core.accounts import ReferenceHost
from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.providers.answers import Answer, told
from sora_desktop.providers.base import Progress
from sora_desktop.providers.uploads import Whole

if TYPE_CHECKING:
    from sora_desktop.providers.http import Http

CALL_SECONDS = 900
"""The life of an address that is used at once; clocks may differ by as much."""
UNSEEN = "host_unreachable"
SAID = (
    (("RequestTimeTooSkewed", "RequestExpired", "Request has expired", "not valid yet"), "host_clock"),
    (("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken"), "host_keys"),
    (("NoSuchBucket",), "host_no_bucket"),
    (("PermanentRedirect", "TemporaryRedirect", "the region '", "IllegalLocationConstraint"), "host_region"),
    (("AccessDenied", "AllAccessDisabled", "AccountProblem"), "host_denied"),
)
"""Words of S3's errors (AWS, "Error responses"), the sharper ones first, and the code of what they mean."""
OWN_WAY = ("proxy_", "ca_", "tls_")
"""Beginnings of the codes that say what is in the way on our side."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Of one bucket's owner."""

    access_key: str
    secret: str = field(repr=False)


def presigned(
    method: str, host: str, path: str, keys: Keys, *, region: str, seconds: int, now: float, scheme: str = "https"
) -> str:
    """The address of `path` (not quoted yet, with its slash) that allows `method` for `seconds` from `now` on."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{keys.access_key}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    listed = "&".join(f"{name}={_quoted(value)}" for name, value in sorted(query.items()))
    place = quote(path, safe="/-_.~")
    canonical = "\n".join([method, place, listed, f"host:{host}", "", "host", "UNSIGNED-PAYLOAD"])
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, digest])
    key = f"AWS4{keys.secret}".encode()
    for part in (moment[:8], region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return f"{scheme}://{host}{place}?{listed}&X-Amz-Signature={signature}"


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


class How(TypedDict):
    """How a bucket is reached: whether it may be in a private network, and its account's way."""

    allow_private: bool
    route: str


class Bucket:
    """One reference host. Every method raises ProviderError with a `host_…` code when it does not work."""

    def __init__(
        self, http: Http, host: ReferenceHost, secret: str, *, allow_private: bool, route: str = "default"
    ) -> None:
        self._http = http
        self._host = host
        self._keys = Keys(host.access_key, secret)
        self._how: How = {"allow_private": allow_private, "route": route}
        self._clock: Callable[[], float] = http.clock

    @property
    def netloc(self) -> str:
        """The host that is called, with its port, to the letter as the request names it: it is signed."""
        parts = urlsplit(self._host.endpoint)
        host = (parts.hostname or "").lower()
        before = f"{self._host.bucket.lower()}."
        # Consoles show the address with the bucket in it: then it is there already.
        inner = not self._host.path_style and not host.startswith(before)
        host = f"[{host}]" if ":" in host else f"{before}{host}" if inner else host
        usual = parts.port in {None, {"http": 80, "https": 443}.get(parts.scheme)}
        return host if usual else f"{host}:{parts.port}"

    def key(self, name: str) -> str:
        """The object's key for a file's name."""
        return f"{self._host.prefix}{name}"

    def link(self, key: str, method: str = "GET", seconds: int | None = None) -> str:
        """A presigned address of an object, alive for the host's `link_seconds` unless told otherwise."""
        parts = urlsplit(self._host.endpoint)
        inner = f"/{self._host.bucket}/{key}" if self._host.path_style else f"/{key}"
        return presigned(
            method,
            self.netloc,
            unquote(parts.path).rstrip("/") + inner,
            self._keys,
            region=self._host.region,
            seconds=seconds or self._host.link_seconds,
            now=self._clock(),
            scheme=parts.scheme,
        )

    async def put(self, key: str, file: Path, mime: str, progress: Progress = lambda done, total: None) -> None:
        """Puts a file; an object of that key is replaced."""
        await self._call("PUT", key, Whole(file, mime, progress))

    async def get(self, key: str) -> bytes:
        """An object's bytes, of at most 10 MB."""
        return (await self._call("GET", key)).body

    async def has(self, key: str) -> bool:
        """Whether the object is there."""
        answer = await self._tried("HEAD", key)
        if answer.status in {403, 404}:  # Without the right to list, a missing object is a forbidden one.
            return False
        return self._good(answer).ok

    async def delete(self, key: str) -> None:
        await self._call("DELETE", key)

    async def _call(self, method: str, key: str, upload: Whole | None = None) -> Answer:
        return self._good(await self._tried(method, key, upload))

    async def _tried(self, method: str, key: str, upload: Whole | None = None) -> Answer:
        url = self.link(key, method, CALL_SECONDS)
        secrets = [self._keys.secret]
        try:
            return await self._http.send(method, url, upload=upload, secrets=secrets, **self._how)
        except ProviderError as error:
            if error.failure.code == "reference_missing":
                raise
            if error.failure.code == "redirected":
                raise self._refused(error.failure.http_status or 301, code="host_region") from None
            code, args = error.failure.code, {**error.failure.args, "host": self.netloc}
            code = code if code == "offline" or code.startswith(OWN_WAY) else UNSEEN
            update = {"code": code, "args": args, "action": Action.RETRY}
            failure = error.failure.model_copy(update={**update, "kind": FailureKind.NETWORK})
        raise ProviderError(failure, Sent.NOT_SENT, transient=True)

    def _good(self, answer: Answer) -> Answer:
        if answer.ok:
            return answer
        raise self._refused(answer.status, told(_xml_words(answer.text()), [self._keys.secret]))

    def _refused(self, status: int, detail: str = "", code: str = "host_refused") -> ProviderError:
        args = {"host": self.netloc, "status": str(status)}
        passing = status >= 500 or status in {408, 429}
        meant = next((meant for words, meant in SAID if any(word in detail for word in words)), code)
        failure = Failure(
            kind=FailureKind.SERVER if passing else FailureKind.REFUSED,
            code="host_error" if passing else meant,
            args=args,
            action=Action.RETRY if passing else Action.KEY,
            detail=detail,
            http_status=status,
        )
        return ProviderError(failure, Sent.REFUSED, transient=passing)


def _xml_words(text: str) -> str:
    """Code and message of an S3 error, which is XML; read as text, since it may be hostile."""
    found = [re.search(rf"<{tag}>([^<]{{1,300}})</{tag}>", text[:8192]) for tag in ("Code", "Message")]
    return ": ".join(match[1] for match in found if match)
