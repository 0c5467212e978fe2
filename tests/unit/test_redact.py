"""Keys never reach a log, a crash report or the clipboard."""

import logging
import sys
import time

import pytest

from sora_desktop.core import redact as module
from sora_desktop.core.redact import RedactingFormatter, forget, know, redact

SECRET = "Zq81aVeryLongSecretValue"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"{{'authorization': 'Bearer {SECRET}'}}",
        f"(b'Authorization', b'Bearer {SECRET}')",
        f'headers={{"Authorization": "{SECRET}"}}',
        f"GET https://example.com/v1/x?api_key={SECRET}&page=2",
        f"https://example.com/clip.mp4?X-Amz-Signature={SECRET}&X-Amz-Date=1",
        f"api-key={SECRET}",
        f"http://user:{SECRET}@proxy.example:8080/",
        f"rvya_sk_{SECRET} was refused",
        f"sk-proj-{SECRET}",
    ],
)
def test_what_looks_like_a_key_is_taken_out(text: str) -> None:
    assert SECRET not in redact(text)


def test_the_rest_of_the_text_stays() -> None:
    text = f"call failed: GET https://example.com/v1/x?api_key={SECRET}&page=2 (Bearer {SECRET}) task_17 asked"
    assert redact(text) == "call failed: GET https://example.com/v1/x?api_key=•••&page=2 (Bearer •••) task_17 asked"


@pytest.mark.parametrize(
    "text", ["a risk-free task", "the bearer of news", "task_9f3c", "key: C major", "line 3, token ("]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", [f"authorization:{' ' * 100_000},", "authorization:," * 7_000, "sk-" * 30_000])
def test_a_hostile_text_holds_nobody_up(text: str) -> None:
    started = time.perf_counter()
    redact(text)
    assert time.perf_counter() - started < 1


def test_a_known_key_of_any_form_is_taken_out_until_it_is_forgotten() -> None:
    know("plainword")
    try:
        assert redact("x=plainword;") == "x=•••;"
    finally:
        forget("plainword")
    assert redact("x=plainword;") == "x=plainword;"
    know("ab")
    assert "ab" not in module._known, "two letters would blot out ordinary words"


def test_the_formatter_covers_tracebacks() -> None:
    know(SECRET)
    try:
        raise RuntimeError(f"cannot send {SECRET}")
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed for %s", (SECRET,), sys.exc_info())
    finally:
        text = RedactingFormatter().format(record)
        forget(SECRET)
    assert SECRET not in text
    assert "Traceback" in text
