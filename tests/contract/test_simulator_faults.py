"""Each fault does what its name says, and bills what it says."""

from __future__ import annotations

import secrets
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import time
from typing import Any

import httpx
import pytest

from sora_desktop.media.probe import BadVideo, check
from support.simulator import GLOBALAIOPC_HEADERS, RIVYA_HEADERS, SimulatorProcess

DIALECTS = ["rivya", "globalaiopc"]


def create(simulator: SimulatorProcess, http: httpx.Client, dialect: str, prompt: str, **more: Any) -> httpx.Response:
    if dialect == "rivya":
        url, model, headers = f"{simulator.rivya}/api/v1/generations", "sora-2", RIVYA_HEADERS
    else:
        url, model, headers = f"{simulator.globalaiopc}/v1/sora/videos", "openAiSora2Plus", GLOBALAIOPC_HEADERS
    return http.post(url, json={"model": model, "prompt": prompt}, headers=headers, **more)


def result(simulator: SimulatorProcess, http: httpx.Client) -> str:
    task = create(simulator, http, "rivya", "a clip").json()
    simulator.end(task["id"])
    answer = http.get(f"{simulator.rivya}/api/v1/generations/{task['id']}", headers=RIVYA_HEADERS)
    return answer.json()["result"]["primary_url"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("fault", "status", "billed"),
    [
        ("rate_limited", 429, 0),
        ("http_500", 500, 0),
        ("http_500_after", 500, 1),
        ("bad_gateway_html", 502, 0),
        ("bad_gateway_html_after", 502, 1),
        ("unavailable", 503, 0),
        ("unavailable_html", 503, 0),
        ("unavailable_html_after", 503, 1),
        ("broken_json", 200, 0),
        ("broken_json_after", 200, 1),
        ("empty", 200, 0),
        ("empty_after", 200, 1),
        ("wrong_types", 200, 1),
        ("unauthorized", 401, 0),
        ("forbidden", 403, 0),
        ("not_found", 404, 0),
        ("redirect", 307, 0),
        ("redirect_after", 307, 1),
        ("huge", 200, 0),
    ],
)
def test_wrong_answers(
    simulator: SimulatorProcess, http: httpx.Client, dialect: str, fault: str, status: int, billed: int
) -> None:
    prompt = secrets.token_hex(8)
    rule = simulator.fault(fault, "create", dialect)
    answer = create(simulator, http, dialect, prompt)
    assert answer.status_code == status
    assert simulator.billed(prompt) == billed
    assert simulator.hits(rule) == 1
    assert simulator.requests(call="create")[-1]["fault"] == fault
    # Once only.
    assert create(simulator, http, dialect, prompt).is_success
    assert simulator.billed(prompt) == billed + 1


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("fault", "error", "billed"),
    [
        # After a failed write, httpx reads on and finds the end.
        ("reset_before", (httpx.NetworkError, httpx.RemoteProtocolError), 0),
        ("reset_after", httpx.NetworkError, 1),
        ("timeout_before", httpx.ReadTimeout, 0),
        ("timeout", httpx.ReadTimeout, 1),
    ],
)
def test_lost_answers(
    simulator: SimulatorProcess,
    http: httpx.Client,
    dialect: str,
    fault: str,
    error: type[httpx.TransportError] | tuple[type[httpx.TransportError], ...],
    billed: int,
) -> None:
    prompt = secrets.token_hex(8)
    simulator.fault(fault, "create", dialect)
    with pytest.raises(error):
        create(simulator, http, dialect, prompt, timeout=httpx.Timeout(10, read=0.5 if "timeout" in fault else 10))
    assert simulator.billed(prompt) == billed
    recorded = simulator.requests(call="create")[-1]
    assert recorded["status"] is None


def test_the_forms_of_wrong_answers(simulator: SimulatorProcess, http: httpx.Client) -> None:
    simulator.fault("bad_gateway_html", "create")
    page = create(simulator, http, "rivya", "x")
    assert page.headers["content-type"].startswith("text/html")
    simulator.fault("unavailable", "create")
    assert create(simulator, http, "rivya", "x").json()["error"]["code"] == "public_api_disabled"
    simulator.fault("unavailable", "create")
    assert set(create(simulator, http, "globalaiopc", "x").json()) == {"code", "msg"}
    simulator.fault("unauthorized", "create", args={"code": "api_key_expired", "message": "<b>Renew</b>"})
    error = create(simulator, http, "rivya", "x").json()["error"]
    assert (error["code"], error["message"]) == ("api_key_expired", "<b>Renew</b>")
    simulator.fault("huge", "create")
    assert len(create(simulator, http, "rivya", "x").content) > 10_000_000


def test_retry_after_as_seconds_and_as_a_date(simulator: SimulatorProcess, http: httpx.Client) -> None:
    simulator.fault("rate_limited", "create", args={"retry_after": 7})
    answer = create(simulator, http, "rivya", "x")
    assert answer.headers["retry-after"] == "7"
    assert answer.json()["error"]["code"] == "rate_limited"
    simulator.fault("rate_limited", "create", args={"retry_after_date": 60})
    date = parsedate_to_datetime(create(simulator, http, "globalaiopc", "x").headers["retry-after"])
    assert 55 <= date.timestamp() - time() <= 61
    simulator.fault("rate_limited", "create")
    assert "retry-after" not in create(simulator, http, "rivya", "x").headers


def test_a_redirect_leads_where_keys_are_noticed(simulator: SimulatorProcess, http: httpx.Client) -> None:
    simulator.fault("redirect", "credits", "rivya")
    answer = http.get(f"{simulator.rivya}/api/v1/credits", headers=RIVYA_HEADERS)
    target = answer.headers["location"]
    assert target.startswith(simulator.media)
    http.get(target, headers=RIVYA_HEADERS)
    assert [leak["path"] for leak in simulator.requests(leak="1")] == ["/elsewhere/rivya/api/v1/credits"]


@pytest.mark.parametrize("call", ["models", "credits", "upload", "poll"])
@pytest.mark.parametrize("fault", ["reset_before", "http_500", "broken_json", "unauthorized", "wrong_types"])
def test_every_call_breaks(simulator: SimulatorProcess, http: httpx.Client, call: str, fault: str) -> None:
    rule = simulator.fault(fault, call, "rivya")
    base = f"{simulator.rivya}/api/v1"
    task = create(simulator, http, "rivya", "x").json()["id"]

    def ask() -> httpx.Response:
        if call == "upload":
            files = {"file": b"\x89PNG\r\n\x1a\n" + b"\0" * 3_000_000}
            return http.post(f"{base}/files", files=files, data={"kind": "image"}, headers=RIVYA_HEADERS)
        path = {"models": "/models", "credits": "/credits", "poll": f"/generations/{task}"}[call]
        return http.get(base + path, headers=RIVYA_HEADERS)

    if fault == "reset_before":
        with pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
            ask()
    else:
        assert ask().status_code == {"http_500": 500, "unauthorized": 401}.get(fault, 200)
    assert simulator.hits(rule) == 1
    assert ask().is_success


def test_skip_times_and_a_narrowed_rule(simulator: SimulatorProcess, http: httpx.Client) -> None:
    simulator.fault("http_500", "create", "rivya", skip=1, times=2)
    assert [create(simulator, http, "rivya", "x").status_code for _ in range(4)] == [202, 500, 500, 202]
    simulator.clear()
    simulator.fault("http_500", "create", times=None, contains="only this one")
    assert create(simulator, http, "globalaiopc", "another").status_code == 200
    assert create(simulator, http, "globalaiopc", "only this one").status_code == 500
    simulator.clear()
    task = create(simulator, http, "rivya", "a narrow prompt").json()["id"]
    simulator.fault("http_500", "poll", times=None, contains="narrow")
    poll = f"{simulator.rivya}/api/v1/generations/{task}"
    assert http.get(poll, headers=RIVYA_HEADERS).status_code == 500


def test_one_rule_can_be_taken_back(simulator: SimulatorProcess, http: httpx.Client) -> None:
    rule = simulator.fault("http_500", "create", times=None)
    other = simulator.fault("empty", "credits", "rivya")
    simulator.control("DELETE", f"/faults/{rule}")
    assert [left["id"] for left in simulator.control("GET", "/faults")] == [other]
    assert create(simulator, http, "rivya", "x").is_success


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "no_such_fault"},
        {"fault": "truncated", "call": "create"},
        {"fault": "http_500", "call": "nothing"},
        {"fault": "http_500", "dialect": "openai"},
        {"fault": "http_500", "dialect": "globalaiopc", "call": "credits"},
        {"fault": "http_500", "times": 0},
        {"fault": "http_500", "skips": 1},
        {},
    ],
)
def test_a_rule_that_could_not_work_is_refused(simulator: SimulatorProcess, http: httpx.Client, rule: Any) -> None:
    answer = http.post(f"http://127.0.0.1:{simulator.port}/_sim/faults", json=rule)
    assert answer.status_code == 400


def test_tasks_that_fail_or_never_end(simulator: SimulatorProcess, http: httpx.Client) -> None:
    simulator.fault("fail_task", "create", args={"code": "content_policy", "message": "No.", "refund": False})
    failing = create(simulator, http, "rivya", "x").json()["id"]
    simulator.fault("stuck", "create")
    stuck = create(simulator, http, "rivya", "x").json()["id"]
    simulator.advance(100_000)
    answers = {
        task: http.get(f"{simulator.rivya}/api/v1/generations/{task}", headers=RIVYA_HEADERS).json()
        for task in (failing, stuck)
    }
    assert answers[failing]["error"] == {"code": "content_policy", "message": "No."}
    assert answers[stuck]["status"] == "processing"
    refunds = [entry for entry in simulator.ledger()["entries"] if entry["task"] == failing]
    assert [entry["kind"] for entry in refunds] == ["bill"]
    simulator.end(stuck)
    assert simulator.task(stuck)["status"] == "succeeded"


class TestDownloads:
    @pytest.mark.parametrize(
        ("fault", "status", "kind"),
        [
            ("expired", 403, "application/xml"),
            ("forbidden", 403, "application/xml"),
            ("not_found", 404, "application/xml"),
            ("html", 200, "text/html"),
            ("wrong_content_type", 200, "application/json"),
            ("bad_gateway_html", 502, "text/html"),
            ("http_500", 500, "application/json"),
            ("rate_limited", 429, "application/json"),
            ("empty", 200, "application/json"),
        ],
    )
    def test_something_else_is_sent(
        self, simulator: SimulatorProcess, http: httpx.Client, fault: str, status: int, kind: str
    ) -> None:
        url = result(simulator, http)
        simulator.fault(fault, "download")
        answer = http.get(url)
        assert answer.status_code == status
        assert answer.headers["content-type"].split(";")[0] == kind
        assert http.get(url).headers["content-type"] == "video/mp4"

    def test_an_error_that_calls_itself_a_video(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        url = result(simulator, http)
        simulator.fault("wrong_content_type", "download", args={"lie": True})
        answer = http.get(url)
        assert (answer.headers["content-type"], "error" in answer.json()) == ("video/mp4", True)

    @pytest.mark.parametrize("fault", ["truncated", "reset_before", "huge"])
    def test_it_breaks_off(self, simulator: SimulatorProcess, http: httpx.Client, fault: str) -> None:
        url = result(simulator, http)
        simulator.fault(fault, "download", "media")
        with pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
            http.get(url)

    def test_it_is_cut_and_says_nothing(self, simulator: SimulatorProcess, http: httpx.Client, tmp_path: Path) -> None:
        url = result(simulator, http)
        whole = http.get(url).content
        simulator.fault("truncated", "download", "rivya", args={"quiet": True, "fraction": 0.8})
        path = tmp_path / "cut.mp4"
        path.write_bytes(http.get(url).content)
        assert path.stat().st_size == int(len(whole) * 0.8)
        with pytest.raises(BadVideo, match="its end is missing"):
            check(path)

    def test_it_stalls(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        url = result(simulator, http)
        simulator.fault("stall", "download", args={"bytes": 5000})
        received = 0
        with http.stream("GET", url, timeout=httpx.Timeout(10, read=0.5)) as answer, pytest.raises(httpx.ReadTimeout):
            for chunk in answer.iter_raw():
                received += len(chunk)
        assert received == 5000

    def test_it_is_slow(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        url = result(simulator, http)
        size = len(http.get(url).content)
        simulator.fault("slow", "download", args={"bytes_per_second": size * 2})
        began = time()
        assert len(http.get(url).content) == size
        assert time() - began > 0.4

    def test_a_range_is_ignored(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        url = result(simulator, http)
        simulator.fault("range_ignored", "download")
        answer = http.get(url, headers={"Range": "bytes=100-"})
        assert answer.status_code == 200
        assert len(answer.content) == int(http.head(url).headers["content-length"])

    def test_the_file_changed_meanwhile(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        url = result(simulator, http)
        etag = http.head(url).headers["etag"]
        simulator.fault("changed_etag", "download", times=2)
        answer = http.get(url, headers={"Range": "bytes=100-", "If-Range": etag})
        assert answer.status_code == 200
        assert answer.headers["etag"] != etag
        assert http.get(url, headers={"Range": "bytes=100-"}).headers["etag"] != etag

    def test_it_is_elsewhere(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        url = result(simulator, http)
        simulator.fault("redirect", "download")
        answer = http.get(url)
        assert answer.status_code == 302
        assert http.get(answer.headers["location"]).headers["content-type"] == "video/mp4"


def test_no_page_in_a_browser_steers_it(simulator: SimulatorProcess, http: httpx.Client) -> None:
    url = f"http://127.0.0.1:{simulator.port}/_sim/ledger"
    assert http.get(url, headers={"Origin": "https://example.com"}).status_code == 403
    assert http.get(url, headers={"Host": f"example.com:{simulator.port}"}).status_code == 403
