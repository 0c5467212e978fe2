"""The only door to the network: what a request is, and what its answer means. Its clients come from `clients`, by the
way that `ways` chooses.

httpx costs 100 ms to import: it is fetched by the first call, or by `warm()` once the window shows, on a thread of its
own. Importing this module costs nothing.

What holds for every request: a redirect is never followed with a key; no cookie is kept; a key goes into the
Authorization header of its own account's origin and nowhere else, not into an exception, a log or a repr either.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sora_desktop.core.errors import ProviderError
from sora_desktop.core.network import Network
from sora_desktop.providers.answers import CONDITIONS, MAX_ANSWER, Answer, TooLarge, is_web_url, redact, unpack
from sora_desktop.providers.base import Connection
from sora_desktop.providers.clients import Clients
from sora_desktop.providers.downloads import (
    Download,
    asked,
    bad_address,
    beginning,
    ended,
    goes_on,
    joined,
    no_file,
    unreadable,
)
from sora_desktop.providers.looks import SECONDS as LOOK_SECONDS
from sora_desktop.providers.looks import Looked, look
from sora_desktop.providers.origin import key_header, lent, must_be_public, not_sent, secrets_of, target
from sora_desktop.providers.transport import PROXY_LOGIN, Flight, login_refused, redirected, unread, way_failure
from sora_desktop.providers.uploads import Form, Upload, Whole
from sora_desktop.providers.ways import Open, Password, Ways

if TYPE_CHECKING:
    import httpx

__all__ = ["Answer", "Download", "Form", "Http", "Looked", "Upload", "Whole", "redact"]

MAX_REDIRECTS = 5


class Http:
    """One for the life of the program. Time-outs in seconds, for connecting, each read, each write, and the pool.

    `whole` bounds the reading of one answer's body, `limit` its bytes. `clock` answers Unix seconds.
    """

    def __init__(
        self,
        *,
        connect: float = 10.0,
        read: float = 30.0,
        write: float = 30.0,
        pool: float = 10.0,
        whole: float = 120.0,
        limit: int = MAX_ANSWER,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._times = {"connect": connect, "read": read, "write": write, "pool": pool}
        self._whole = whole
        self._limit = limit
        self.clock = clock
        self._ways = Ways()

    def use(self, network: Network, password: Password | None = None) -> None:
        """From now on calls go as `network` says; what runs ends on the way it began with. `password` is asked for
        where the manual proxy has a user name; it answers None while the keyring is locked."""
        self._ways.use(network, password)

    async def proxy(self, url: str, route: str = "default") -> str:
        """Host and port of the proxy that a call to `url` goes through, empty for none. Raises ProviderError."""
        async with self._ways.held() as ways:
            proxy = await ways.proxy(url, route)
            return proxy.place if proxy else ""

    async def scripted(self, url: str, route: str = "default") -> bool:
        """Whether the system has a script for `url` that would say which proxy to take. Never raises."""
        with suppress(ProviderError):
            async with self._ways.held() as ways:
                return ways.scripted(url, route)
        return False

    async def warm(self) -> None:
        """Makes the first call fast. Never raises; a broken proxy setting is told by the first call."""
        with suppress(ProviderError):
            async with self._ways.held() as ways:
                await ways.to("https://example.invalid", "none")

    async def aclose(self) -> None:
        """Closes every connection. Later calls end as NOT_SENT."""
        await self._ways.aclose()

    async def call(
        self,
        connection: Connection,
        method: str,
        path: str,
        *,
        json_body: bytes | None = None,
        upload: Upload | Form | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request to the account's own origin, and its whole answer, whatever its status.

        `path` begins with a slash; what varies in it must have gone through `answers.segment`. Raises ProviderError
        where no answer came: `sent` says how far the request got. A redirect is an error and is not followed. Of an
        answer that is no success, as much is read as comes.
        """
        url = target(connection.base_url, path)
        keys = secrets_of(connection)
        sent = {**connection.headers, **key_header(connection.key), "accept": "application/json", **(headers or {})}
        async with self._ways.held() as ways:
            clients = await ways.to(url, connection.route)
            client, flight = clients.calls if method == "GET" else clients.single, self._flight(clients)
            if upload is not None:
                async with upload.opened() as (content, more):
                    return await self._call(client, flight, method, url, {**sent, **more}, content, keys)
            if json_body is not None:
                sent["content-type"] = "application/json"
            return await self._call(client, flight, method, url, sent, json_body, keys)

    async def reach(self, url: str, route: str = "default") -> Answer:
        """Whether anything answers at `url`, and how fast: no key goes there, no body is read, nothing is followed.

        Raises ProviderError as `call` does.
        """
        if not is_web_url(url):
            raise not_sent("url_invalid", url=redact(url)[:200])
        started = time.perf_counter()
        async with self._ways.held() as ways:
            clients = await ways.to(url, route)
            response = await self._send(clients.single, self._flight(clients), "GET", url, {}, None, [])
            with suppress(Exception):
                await response.aclose()
        return Answer(response.status_code, _headers(response), b"", (time.perf_counter() - started) * 1000)

    async def send(
        self,
        method: str,
        url: str,
        *,
        upload: Whole | None = None,
        allow_private: bool = False,
        secrets: Iterable[str] = (),
        route: str = "default",
    ) -> Answer:
        """One request to an address that carries its own permission (a presigned one); no key of ours goes with it.

        `secrets` are kept out of what an error quotes. No redirect is followed. Raises ProviderError as `call` does.
        """
        if not is_web_url(url):
            raise bad_address()
        async with self._ways.held() as ways:
            clients = await ways.to(url, route)
            if not allow_private:
                await must_be_public(url)
            client, keys = (clients.private if allow_private else clients.public), [*secrets]
            if upload is None:
                return await self._call(client, self._flight(clients), method, url, {}, None, keys)
            async with upload.opened() as (content, headers):
                return await self._call(client, self._flight(clients), method, url, headers, content, keys)

    async def look(
        self,
        url: str,
        *,
        most: int = 0,
        allow_private: bool = False,
        route: str = "default",
        seconds: float = LOOK_SECONDS,
    ) -> Looked:
        """What is at a public address: its type, its size, and its first bytes, `most` at most. See `looks.look`."""
        return await look(self, url, most=most, allow_private=allow_private, route=route, seconds=seconds)

    async def _call(
        self,
        client: httpx.AsyncClient,
        flight: Flight,
        method: str,
        url: str,
        headers: dict[str, str],
        content: Any,
        keys: list[str],
    ) -> Answer:
        started = time.perf_counter()
        response = await self._send(client, flight, method, url, headers, content, keys)
        problem: ProviderError | None = None
        body = b""
        unchanged = response.status_code == 304 and not CONDITIONS.isdisjoint(headers)
        try:
            if 300 <= response.status_code < 400 and not unchanged:
                problem = redirected(response.status_code)
            elif not unchanged:
                body = unpack(await self._body(response), response.headers.get("content-encoding", ""), self._limit)
        except TooLarge:
            problem = unread("answer_too_large", response.status_code)
        except ValueError:
            problem = unread("answer_broken", response.status_code)
        except Exception as error:
            problem = way_failure(error, flight, host=_host(url), keys=keys)
        finally:
            with suppress(Exception):
                await response.aclose()
        if problem is not None and response.status_code < 400:
            raise problem
        milliseconds = (time.perf_counter() - started) * 1000
        return Answer(response.status_code, _headers(response), body, milliseconds)

    async def _send(
        self,
        client: httpx.AsyncClient,
        flight: Flight,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: Any,
        keys: list[str],
        timeout: Mapping[str, float | None] | None = None,
    ) -> httpx.Response:
        """Sends; the answer's body is not read yet. The error is raised outside of `except`: httpx's own would drag
        the request along, and the request the key."""
        try:
            request = client.build_request(
                method,
                url,
                headers=dict(headers),
                content=content,
                extensions={"trace": flight.trace, "timeout": dict(timeout or self._times)},
            )
            async with asyncio.timeout(None) as flight.limit:
                response = await client.send(request, stream=True)
        except Exception as error:
            problem = way_failure(error, flight, host=_host(url), keys=keys)
        else:
            if response.status_code != PROXY_LOGIN or not flight.proxy or not url.lower().startswith("http:"):
                return response
            problem = login_refused(flight.proxy, _host(url))
            with suppress(Exception):
                await response.aclose()
        raise problem

    async def _body(self, response: httpx.Response) -> bytes:
        """The packed body. The clock is looked at with each chunk: a time-out for the whole would leave a timer."""
        body = bytearray()
        until = time.monotonic() + self._whole
        chunks = response.aiter_raw()
        try:
            async for chunk in chunks:
                body += chunk
                if len(body) > self._limit:
                    raise TooLarge("packed")
                if time.monotonic() > until:
                    raise TimeoutError("the answer did not end")
        except Exception:
            if response.is_success:
                raise
        finally:
            await ended(response, chunks)
        return bytes(body)

    @asynccontextmanager
    async def download(
        self,
        url: str,
        *,
        offset: int = 0,
        validator: str = "",
        allow_private: bool = False,
        lender: Connection | None = None,
        route: str = "default",
    ) -> AsyncGenerator[Download, None]:
        """Opens a result for reading, following at most five redirects within http(s).

        No key goes along, unless there is a `lender` and `url` is of its origin: then its key and headers do, with
        this one request and with no redirect. The way is the lender's, or else `route`.

        `offset` and `validator` (of an earlier Download) ask to go on; the answer's own `offset` says whether it does:
        it is `offset` or 0. `allow_private` is for accounts whose own service is on this machine or its network.
        There is no read time-out: the caller watches for stalls, from before the context is entered.
        Raises ProviderError: `result_link_dead` where the link is, `result_address` for one that is not fetched from.
        """
        async with self._ways.held() as ways:
            route = lender.route if lender else route
            download = await self._opened(ways, route, url, offset, validator, allow_private, lender)
            try:
                yield download
            finally:
                with suppress(Exception):
                    await download.aclose()

    async def _opened(
        self,
        ways: Open,
        route: str,
        url: str,
        offset: int,
        validator: str,
        allow_private: bool,
        lender: Connection | None,
    ) -> Download:
        redirects = 0
        while True:
            if not is_web_url(url):
                raise bad_address("no web address")
            borrowed = lent(lender, url) if lender and not redirects else None
            keys = secrets_of(lender) if lender and borrowed is not None else []
            # The account's own origin is called anyway, wherever it is.
            private = allow_private or borrowed is not None
            clients = await ways.to(url, route)
            client = clients.private if private else clients.public
            if not private:
                await must_be_public(url)
            ranged = asked(offset, validator)
            offset = offset if ranged else 0
            headers = {**(borrowed or {}), "accept": "*/*", **ranged}
            times = {**self._times, "read": None}
            try:
                response = await self._send(client, self._flight(clients), "GET", url, headers, None, keys, times)
            except ProviderError as error:
                raise (bad_address() if error.failure.code == "redirected" else error) from None
            kept = False
            try:
                status, told = response.status_code, _headers(response)
                if status in {301, 302, 303, 307, 308} and told.get("location"):
                    redirects += 1
                    if redirects > MAX_REDIRECTS:
                        raise bad_address("too many redirects")
                    url = joined(url, told["location"])
                elif status in {200, 206} and unreadable(told):
                    raise no_file(Answer(status, told, b"", 0.0), self.clock(), keys)
                elif status in {200, 206} and goes_on(status, told, offset, validator):
                    kept = True
                    return Download(response, told, url)
                elif offset and status in {206, 416}:
                    offset = 0
                else:
                    raise no_file(Answer(status, told, await beginning(response, told), 0.0), self.clock(), keys)
            finally:
                if not kept:
                    with suppress(Exception):
                        await response.aclose()

    def _flight(self, clients: Clients) -> Flight:
        return Flight(clients.proxy.place if clients.proxy else "", self._times["connect"], self._whole)


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _host(url: str) -> str:
    with suppress(ValueError):
        return urlsplit(url).netloc.rpartition("@")[2]
    return ""
