"""The live list and the published contract over real sockets: asked for without a key, and only for what changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import pytest

from sora_desktop.core.errors import FailureKind
from sora_desktop.core.params import ParamType
from sora_desktop.providers.base import Published, Stamp
from sora_desktop.providers.refusals import says_model_gone
from support.dialects import catalog, error_of, model, request, talking
from support.raw_server import reply
from support.simulator import RIVYA_HEADERS, SimulatorProcess

SHIPPED = [one for provider in catalog().providers if provider.id == "rivya" for one in provider.models]
PATH = "/api/v1/models"


# The simulator.


def test_the_list_answers_304_to_those_who_know_it(simulator: SimulatorProcess, http: httpx.Client) -> None:
    url = simulator.rivya + PATH
    first = http.get(url)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for headers in (
        {"if-none-match": etag},
        {"if-none-match": f'"x", W/{etag}'},
        {"if-modified-since": modified},
        {"if-none-match": etag, "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        again = http.get(url, headers=headers)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), headers
    earlier = format_datetime(parsedate_to_datetime(modified) - timedelta(seconds=1), usegmt=True)
    for headers in ({"if-none-match": '"x"', "if-modified-since": modified}, {"if-modified-since": earlier}):
        assert http.get(url, headers=headers).status_code == 200, headers
    for headers in ({"if-none-match": "x"}, {"if-modified-since": "yesterday"}):
        assert http.get(url, headers=headers).status_code == 400, headers
    simulator.put_model("sora-2", credits=7)
    for headers in ({"if-none-match": etag}, {"if-modified-since": modified}):
        assert http.get(url, headers=headers).status_code == 200, headers


def test_its_models_come_and_go(simulator: SimulatorProcess, http: httpx.Client) -> None:
    def listed() -> dict[str, dict[str, object]]:
        return {one["id"]: one for one in http.get(simulator.rivya + PATH).json()["data"]}

    def create(name: str, **params: object) -> httpx.Response:
        body = {"model": name, "prompt": "x", "params": params}
        return http.post(f"{simulator.rivya}/api/v1/generations", json=body, headers=RIVYA_HEADERS)

    simulator.take_model("sora-2")
    assert "sora-2" not in listed() and create("sora-2").status_code == 400
    simulator.put_model("sora-2", params=[{"key": "n_frames", "options": ["20", ["25", "Long"]], "default": "20"}])
    assert create("sora-2", n_frames="25").status_code == 202 and create("sora-2", n_frames="10").status_code == 400
    simulator.put_model("fresh-3", name="Fresh", extra={"notices": ["New!"], "params": [None]})
    assert listed()["fresh-3"]["notices"] == ["New!"] and create("fresh-3").status_code == 202
    simulator.clear()
    assert listed().keys() >= {"sora-2"} and "fresh-3" not in listed() and create("sora-2", n_frames="10").is_success


# The dialect.


@pytest.mark.parametrize("form", ["plain", "labelled", "odd"])
async def test_the_list_in_each_form_and_then_only_what_changed(simulator: SimulatorProcess, form: str) -> None:
    simulator.control("POST", "/manners", {"models": form})
    async with talking("rivya") as (dialect, connection, _):
        here = replace(connection, base_url=simulator.rivya)
        listing = await dialect.models(here, SHIPPED, Stamp())
        assert listing is not None and listing.stamp.etag and listing.stamp.modified and not listing.unchanged
        ids = [one.id for one in listing.models]
        assert [one for one in ids if one != "no-name"] == [
            "sora-2",
            "sora-2-pro",
            "ridge-motion-1",
            "wide-lens-video",
            "studio-cut",
        ]
        assert bool(listing.notes) is (form == "odd") and ("no-name" in ids) is (form == "odd")
        assert dialect.listed(listing.body, SHIPPED).models == listing.models
        again = await dialect.models(here, SHIPPED, listing.stamp)
        assert again is not None and again.unchanged and again.models == () and again.stamp == listing.stamp
        simulator.take_model("studio-cut")
        changed = await dialect.models(here, SHIPPED, listing.stamp)
        assert changed is not None and len(changed.models) == len(ids) - 1
    asked = simulator.requests(call="models")
    assert len(asked) == 3
    assert not any(name.lower() == "authorization" for one in asked for name, _ in _headers(one))
    assert connection.key not in json.dumps(asked)


def _headers(row: dict[str, object]) -> list[tuple[str, str]]:
    found = row["headers"]
    return list(found.items()) if isinstance(found, dict) else [(one[0], one[1]) for one in found]  # type: ignore[union-attr, index]


async def test_a_raw_parameter_is_taken_by_the_service_that_lists_it(simulator: SimulatorProcess) -> None:
    simulator.control("POST", "/manners", {"models": "odd"})
    async with talking("rivya") as (dialect, connection, _):
        here = replace(connection, base_url=simulator.rivya, key=RIVYA_HEADERS["Authorization"].removeprefix("Bearer "))
        listing = await dialect.models(here, SHIPPED, Stamp())
        assert listing is not None
        ridge = next(one for one in listing.models if one.id == "ridge-motion-1")
        mystery = ridge.param("mystery")
        assert mystery is not None and mystery.type is ParamType.RAW
        asked = request("rivya", ridge.id, mystery="#00ff00", seed=5, guidance=0.3)
        body = dialect.body(ridge, asked, "raw-1", [])
        assert json.loads(body)["params"] == {
            "resolution": "720p",
            "mystery": "#00ff00",
            "duration": 5,
            "guidance": 0.3,
            "seed": 5,
        }
        assert (await dialect.create(here, body, "raw-1")).id


async def test_a_list_that_is_none() -> None:
    page = reply(200, {"ok": True})
    closed = reply(503, {"error": {"code": "public_api_disabled", "message": "Closed.", "requestId": "r"}})
    async with talking("rivya", page, closed, reply(200, {"data": []})) as (dialect, connection, server):
        assert (await error_of(dialect.models(connection, SHIPPED, Stamp()))).failure.code == "answer_broken"
        assert (await error_of(dialect.models(connection, SHIPPED, Stamp()))).failure.code == "service_closed"
        empty = await dialect.models(connection, SHIPPED, Stamp(etag='"a"'))
        assert empty is not None and empty.models == ()
        assert server.asked[2].headers["if-none-match"] == '"a"'


async def test_304_without_a_question_is_no_answer() -> None:
    async with talking("rivya", reply(304, b"")) as (dialect, connection, _):
        assert (await error_of(dialect.models(connection, SHIPPED, Stamp()))).failure.code == "redirected"


async def test_the_published_contract(simulator: SimulatorProcess) -> None:
    async with talking("rivya") as (dialect, connection, _):
        here = replace(connection, base_url=simulator.rivya)
        assert isinstance(dialect, Published)
        before = await dialect.contract(here)
        assert before is not None and before["create answers status"] == before["task answers status"]
        schema = {"properties": {"client_request_id": None, "tier": {"type": "string"}}, "required": ["model", "tier"]}
        simulator.control("POST", "/contract", {"components": {"schemas": {"NewTask": schema}}})
        after = await dialect.contract(here)
        assert after is not None and after["create sends tier"] == "string, required"
        assert "create sends client_request_id" not in after
    assert connection.key not in json.dumps(simulator.requests(call="openapi"))


@pytest.mark.parametrize(
    ("status", "error", "gone"),
    [
        (404, {"code": "not_found", "message": "Model sora-2 was not found."}, True),
        (404, {"code": "not_found", "message": "There is no such call."}, False),
        (400, {"code": "validation_failed", "message": "model: there is no model sora-2."}, True),
        (400, {"code": "validation_failed", "message": "Unknown value.", "field": "model"}, True),
        (400, {"code": "validation_failed", "message": "model: sora-2 is coming_soon."}, False),
        (400, {"code": "validation_failed", "message": "prompt: not found"}, False),
        (402, {"code": "insufficient_credits", "message": "This model is not found cheap."}, False),
    ],
)
async def test_what_a_refused_create_says_of_its_model(status: int, error: dict[str, str], gone: bool) -> None:
    async with talking("rivya", reply(status, {"error": error})) as (dialect, connection, _):
        body = dialect.body(model("rivya", "sora-2"), request("rivya", "sora-2"), "i", [])
        failure = (await error_of(dialect.create(connection, body, "i"))).failure
        assert says_model_gone(failure, "sora-2") is gone and failure.kind is not FailureKind.KEY
