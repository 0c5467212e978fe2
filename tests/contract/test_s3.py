"""Presigned addresses: by AWS's published example, and against a real S3 server over real sockets."""

from __future__ import annotations

import calendar
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config

from sora_desktop.core.accounts import ReferenceHost, clean_host
from sora_desktop.core.errors import FailureKind, ProviderError, UserError
from sora_desktop.core.redact import redact
from sora_desktop.providers.http import Http
from sora_desktop.providers.s3 import Bucket, Keys, presigned
from support.bucket import SECRET, S3Server, running_bucket
from support.raw_server import always, raw_server, reply
from support.simulator import closed_port, loopback_client


@pytest.fixture(scope="module")
def shared() -> Iterator[S3Server]:
    with running_bucket() as server:
        yield server


@pytest.fixture
def s3(shared: S3Server) -> S3Server:
    shared.clear()
    return shared


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    door = Http(connect=2.0, read=5.0)
    yield door
    await door.aclose()


def bucket(http: Http, host: ReferenceHost, secret: str = SECRET) -> Bucket:
    return Bucket(http, host, secret, allow_private=True)


def test_the_published_example_of_aws_is_met_to_the_letter() -> None:
    """AWS, "Authenticating requests: using query parameters", the example for GET Object."""
    url = presigned(
        "GET",
        "examplebucket.s3.amazonaws.com",
        "/test.txt",
        Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        region="us-east-1",
        seconds=86_400,
        now=calendar.timegm((2013, 5, 24, 0, 0, 0)),
    )
    assert url == (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


@pytest.mark.parametrize(
    ("endpoint", "prefix", "path_style"),
    [
        ("https://s3.example.com", "a/", True),
        ("https://S3.Example.com:443", "ä +&=#?%/", True),
        ("http://localhost:9000/", "a//b/!*'()~", True),
        ("https://s3.example.com/storage/v1/s3", "", True),
        ("https://S3.example.com", "x/", False),
    ],
)
def test_every_address_is_signed_as_aws_s_own_library_signs_it_and_asked_for_as_it_is_signed(
    endpoint: str, prefix: str, path_style: bool
) -> None:
    host = clean_host(
        ReferenceHost(
            kind="s3",
            endpoint=endpoint,
            region="auto",
            bucket="b-1",
            prefix=prefix,
            access_key="A",
            path_style=path_style,
        )
    )
    now = datetime.now(UTC)
    place = bucket(Http(clock=now.timestamp), host)
    ours = place.link(place.key("f.png"), seconds=600)
    style = {"addressing_style": "path" if path_style else "virtual"}
    client = boto3.client(
        "s3",
        endpoint_url=host.endpoint,
        aws_access_key_id="A",
        aws_secret_access_key=SECRET,
        region_name="auto",
        config=Config(signature_version="s3v4", s3=style, proxies={}),
    )
    with patch("botocore.auth.get_current_datetime", lambda *_args, **_more: now):
        theirs = client.generate_presigned_url("get_object", {"Bucket": "b-1", "Key": place.key("f.png")}, 600)
    client.close()
    signature = parse_qs(urlsplit(ours).query)["X-Amz-Signature"]
    assert signature == parse_qs(urlsplit(theirs).query)["X-Amz-Signature"]
    asked = httpx.URL(ours)
    assert (asked.netloc.decode(), asked.raw_path.decode()) == (place.netloc, ours.split(place.netloc, 1)[1])


@pytest.mark.parametrize(
    ("answer", "code", "transient"),
    [
        (reply(301, headers={"location": "https://b.s3.eu-west-1.amazonaws.com/"}), "host_region", False),
        (reply(307, headers={"location": "http://127.0.0.1:9/"}), "host_region", False),
        (
            reply(400, "<Error><Code>Auth</Code><Message>the region 'x' is wrong</Message></Error>"),
            "host_region",
            False,
        ),
        (reply(403, "<Error><Code>SignatureDoesNotMatch</Code><Message>No.</Message></Error>"), "host_keys", False),
        (reply(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>"), "host_clock", False),
        (reply(403, "<Code>AccessDenied</Code><Message>Request has expired</Message>"), "host_clock", False),
        (reply(403, "<Error><Code>AccessDenied</Code></Error>"), "host_denied", False),
        (reply(403, "<html>"), "host_refused", False),
        (reply(503, "<Error><Code>SlowDown</Code></Error>"), "host_error", True),
        (reply(200, b""), "", False),
    ],
)
async def test_wrong_keys_or_another_region_are_said_and_not_waited_for(
    http: Http, tmp_path: Path, answer: bytes, code: str, transient: bool
) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"picture")
    async with raw_server(always(answer)) as server:
        host = ReferenceHost(kind="s3", endpoint=server.url, bucket="b-1", access_key="A")
        try:
            await bucket(http, host).put("a.png", file, "image/png")
            found = ("", False)
        except ProviderError as error:
            found = (error.failure.code, error.transient)
            assert SECRET not in str(error.failure)
    assert found == (code, transient) and len(server.asked) == 1
    assert server.asked[0].body == b"picture" and "authorization" not in server.asked[0].headers


def test_both_styles_of_addresses(s3: S3Server) -> None:
    door = Http()
    style = bucket(door, s3.host()).link("sora/a b.png")
    assert urlsplit(style).path == f"/{s3.bucket}/sora/a%20b.png"
    hosted = bucket(door, s3.host(path_style=False, endpoint="https://s3.example.com")).link("sora/a.png")
    assert urlsplit(hosted).netloc == f"{s3.bucket}.s3.example.com" and urlsplit(hosted).path == "/sora/a.png"
    pasted = bucket(door, s3.host(path_style=False, endpoint=f"https://{s3.bucket}.s3.example.com")).link("sora/a.png")
    assert urlsplit(pasted).netloc == f"{s3.bucket}.s3.example.com", "the bucket is in the address already"
    below = bucket(door, s3.host(endpoint="https://example.com/storage/v1/s3")).link("a.png")
    assert urlsplit(below).path == f"/storage/v1/s3/{s3.bucket}/a.png"


async def test_a_file_is_put_found_fetched_and_deleted(s3: S3Server, http: Http, tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG" + bytes(range(256)) * 4000)
    told: list[tuple[int, int]] = []
    place = bucket(http, s3.host())
    key = place.key("ä +&=.png")
    await place.put(key, file, "image/png", lambda done, total: told.append((done, total)))
    assert s3.read("sora/ä +&=.png") == (file.read_bytes(), "image/png")
    size = file.stat().st_size
    assert told[-1] == (size, size) and len(told) > 1
    assert await place.has(key) and not await place.has(place.key("another"))
    assert await place.get(key) == file.read_bytes()
    await place.delete(key)
    assert s3.names() == []


async def test_anybody_can_fetch_by_the_link_and_it_dies(s3: S3Server, http: Http, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"picture")
    place = bucket(http, s3.host(link_seconds=600))
    await place.put(place.key("a.png"), file, "image/png")
    link = place.link(place.key("a.png"))
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["600"]
    with loopback_client() as anybody:
        assert anybody.get(link).content == b"picture"
    assert SECRET not in link and "X-Amz-Signature=" in link
    assert "Signature=•••" in redact(link), "a signed address in a log is a key"


async def test_a_bucket_that_is_not_there_is_said(s3: S3Server, http: Http, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"picture")
    with pytest.raises(ProviderError) as refused:
        await bucket(http, s3.host(bucket="nobodys-bucket")).put("a.png", file, "image/png")
    failure = refused.value.failure
    assert (failure.kind, failure.code) == (FailureKind.REFUSED, "host_no_bucket") and not refused.value.transient
    assert failure.detail.startswith("NoSuchBucket") and failure.args["host"] == urlsplit(s3.endpoint).netloc
    assert SECRET not in repr(refused.value.__dict__)


async def test_a_host_that_does_not_answer_is_waited_for(s3: S3Server, http: Http) -> None:
    with closed_port() as port, pytest.raises(ProviderError) as lost:
        await bucket(http, s3.host(endpoint=f"http://127.0.0.1:{port}")).get("a")
    assert lost.value.failure.code == "host_unreachable" and lost.value.transient


async def test_a_private_host_is_called_only_where_that_is_allowed(s3: S3Server, http: Http) -> None:
    with pytest.raises(ProviderError):
        await Bucket(http, s3.host(), SECRET, allow_private=False).get("a")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bucket": ""}, "host_incomplete"),
        ({"bucket": "a/b"}, "host_bucket"),
        ({"bucket": "a..b"}, "host_bucket"),
        ({"endpoint": ""}, "host_incomplete"),
        ({"endpoint": "http://s3.example.com"}, "url_plain_http"),
        ({"endpoint": "https://user:pass@s3.example.com"}, "url_has_login"),
        ({"access_key": " "}, "host_incomplete"),
        ({"access_key": "a b"}, "host_incomplete"),
    ],
)
def test_what_cannot_be_a_reference_host_is_refused(changes: dict[str, object], code: str, s3: S3Server) -> None:
    with pytest.raises(UserError) as refused:
        clean_host(s3.host(**changes))
    assert refused.value.code == code


def test_a_reference_host_is_kept_tidy(s3: S3Server) -> None:
    host = clean_host(s3.host(prefix=" /../a//b/ ", link_seconds=10**9, endpoint=f"{s3.endpoint}/"))
    assert (host.prefix, host.link_seconds, host.endpoint) == ("a/b/", 604_800, s3.endpoint)
    assert clean_host(s3.host(prefix="")).prefix == ""


def test_the_secret_is_in_no_repr() -> None:
    assert SECRET not in repr(Keys("id", SECRET))
