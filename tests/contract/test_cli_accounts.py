"""Accounts on the command line; a key goes to its account and is written nowhere else."""

from __future__ import annotations

import pytest

from support.commands import GLOBALAIOPC_KEY, RIVYA_KEY, CommandLine, add
from support.simulator import SimulatorProcess


def test_accounts_are_added_tested_listed_and_removed(sora: CommandLine, service: SimulatorProcess) -> None:
    url = f"{service.rivya}/"
    outcome = sora(
        "accounts", "add", "--provider", "rivya", "--base-url", url, "--name", "Mine", stdin=f"{RIVYA_KEY}\n"
    )
    assert outcome.code == 0 and "The key was not kept" in outcome.err and "SORA_DESKTOP_KEY" in outcome.err
    account_id = outcome.out.split()[0]
    tested = sora("accounts", "test", "mine", key=RIVYA_KEY)
    assert tested.code == 0 and "credits left" in tested.out, tested.err
    tested = sora("accounts", "test", "--name", "Mine", key="rvya_sk_wrong-canary")
    assert tested.code == 1 and "does not accept this key" in tested.err
    tested = sora("accounts", "test", "Mine")
    assert tested.code == 2 and "no key" in tested.err and "SORA_DESKTOP_KEY" in tested.err
    assert sora("accounts", "test", "simulator-globalaiopc").code == 0
    listed = sora("accounts", "list")
    assert listed.code == 0 and account_id in listed.out and "no keyring" in listed.out
    (mine,) = [each for each in sora("accounts", "list", "--json").objects[0] if each["id"] == account_id]  # type: ignore[attr-defined]
    assert mine["name"] == "Mine" and mine["base_url"] == service.rivya and mine["key"] == "unavailable"
    assert sora("accounts", "remove", "Mine").code == 0
    assert account_id not in sora("accounts", "list").out


@pytest.mark.parametrize(("stdin", "words"), [("\n", "Paste the API key"), ("two words\n", "Character 4")])
def test_a_bad_key_adds_nothing(sora: CommandLine, stdin: str, words: str) -> None:
    outcome = sora("accounts", "add", "--provider", "rivya", stdin=stdin)
    assert outcome.code == 2 and words in outcome.err
    assert len(sora("accounts", "list", "--json").objects[0]) == 2


def test_no_key_is_written_anywhere(sora: CommandLine, service: SimulatorProcess) -> None:
    account = add(sora, service, "rivya", RIVYA_KEY)
    sora.process("accounts", "add", "--provider", "rivya", "--name", "Piped", stdin=f"{RIVYA_KEY}\n")
    service.fault("unauthorized", "create", args={"code": "api_key_invalid", "message": f"{RIVYA_KEY} is wrong"})
    outcome = sora.process(
        "generate", "--account", account, "--model", "sora-2", "--prompt", "p", "--json", key=RIVYA_KEY
    )
    assert outcome.code == 1 and RIVYA_KEY not in outcome.out + outcome.err
    for path in sora.files():
        assert RIVYA_KEY.encode() not in path.read_bytes(), path


def test_the_key_of_the_environment_goes_to_its_account_only(sora: CommandLine, service: SimulatorProcess) -> None:
    first, second = add(sora, service, "rivya", RIVYA_KEY), add(sora, service, "globalaiopc", GLOBALAIOPC_KEY)
    service.fault("stuck", "create", "rivya")
    arguments = ("generate", "--model", "sora-2", "--prompt", "Left alone", "--no-wait")
    assert sora(*arguments, "--account", first, key=RIVYA_KEY).code == 0
    # The engine also resumes the first account's job now: without a key, for this one belongs to the second.
    outcome = sora(
        *(
            "generate",
            "--account",
            second,
            "--model",
            "openAiSora2Plus",
            "--prompt",
            "Another",
            "--param",
            "duration=4",
        ),
        key=GLOBALAIOPC_KEY,
    )
    assert outcome.code == 0, outcome.err
    seen = [request for request in service.requests(dialect="rivya") if GLOBALAIOPC_KEY in str(request)]
    assert seen == [] and service.requests(dialect="globalaiopc")


@pytest.mark.keyring
def test_a_piped_key_is_kept_in_the_real_keyring(
    sora: CommandLine, service: SimulatorProcess, secret_service: str
) -> None:
    arguments = ("accounts", "add", "--provider", "rivya", "--base-url", service.rivya, "--name", "Kept")
    outcome = sora.process(*arguments, stdin=f"  {RIVYA_KEY}  \n")
    assert outcome.code == 0 and outcome.err == ""
    tested = sora.process("accounts", "test", "Kept")
    assert tested.code == 0, tested.err
    assert "kept" in sora("accounts", "list").out
    assert sora("accounts", "remove", "Kept").code == 0
    for path in sora.files():
        assert RIVYA_KEY.encode() not in path.read_bytes(), path
