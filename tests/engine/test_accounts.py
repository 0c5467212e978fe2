"""Accounts: what is stored, what is built in, and that a key goes only where it belongs."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from sora_desktop.core.accounts import Account
from sora_desktop.core.errors import UserError
from sora_desktop.engine.accounts import Accounts
from sora_desktop.simulator.keys import SIMULATOR_GLOBALAIOPC_KEY, SIMULATOR_RIVYA_KEY
from sora_desktop.storage.accounts import AccountStore
from sora_desktop.storage.catalog import load_catalog
from sora_desktop.storage.database import Database
from sora_desktop.storage.secrets import Secrets, SecretState

KEY = "rvya_sk_of-the-accounts-tests"
OVERRIDE = "rvya_sk_of-the-environment"


async def live() -> Mapping[str, str]:
    return {"rivya": "http://127.0.0.1:1234/rivya", "globalaiopc": "http://127.0.0.1:1234/globalaiopc"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[AccountStore]:
    database = Database(tmp_path / "sora.db")
    await database.open()
    yield AccountStore(database)
    await database.close()


@pytest.fixture
async def secrets() -> AsyncIterator[Secrets]:
    secrets = Secrets()
    yield secrets
    await secrets.close()


@pytest.fixture
async def accounts(store: AccountStore, secrets: Secrets) -> Accounts:
    accounts = Accounts(store, secrets, load_catalog(), live, override_key=OVERRIDE)
    await accounts.load()
    return accounts


async def code_of(work: object) -> str:
    with pytest.raises(UserError) as caught:
        await work  # type: ignore[misc]
    return caught.value.code


async def test_the_simulator_is_always_there_and_needs_no_key(accounts: Accounts, store: AccountStore) -> None:
    assert [account.id for account in accounts.all] == ["simulator-rivya", "simulator-globalaiopc"]
    assert await accounts.key_state("simulator-rivya") is SecretState.FOUND
    rivya = await accounts.connection("simulator-rivya", "http://127.0.0.1:99/of-last-time")
    assert (rivya.base_url, rivya.key) == ("http://127.0.0.1:1234/rivya", SIMULATOR_RIVYA_KEY)
    other = await accounts.connection("simulator-globalaiopc")
    assert (other.base_url, other.key) == ("http://127.0.0.1:1234/globalaiopc", SIMULATOR_GLOBALAIOPC_KEY)
    assert await store.all() == [], "nothing of it is stored"
    assert await code_of(accounts.remove("simulator-rivya")) == "account_builtin"
    assert await code_of(accounts.set_key("simulator-rivya", KEY)) == "account_unknown"


async def test_the_simulators_own_settings_are_kept(accounts: Accounts, store: AccountStore, secrets: Secrets) -> None:
    simulator = accounts.all[0]
    changed = {"enabled": False, "default_model": "sora-2-pro", "base_url": "https://elsewhere", "name": "Mine"}
    await accounts.save(simulator.model_copy(update=changed))
    again = Accounts(store, secrets, load_catalog(), live)
    await again.load()
    kept = again.get(simulator.id)
    assert kept and (kept.enabled, kept.default_model) == (False, "sora-2-pro")
    assert (kept.name, kept.base_url, kept.builtin) == (simulator.name, "", True)


async def test_an_account_is_added_changed_and_removed(accounts: Accounts, store: AccountStore) -> None:
    told: list[int] = []
    accounts.changed.connect(lambda: told.append(len(accounts.all)))
    draft = accounts.draft("rivya", " My  studio ")
    assert draft.base_url == "https://rivya.ai" and draft.default_model == "sora-2"
    state = await accounts.add(draft, f" Bearer {KEY}\n")
    assert state is SecretState.SESSION, "there is no keyring in this test"
    assert next(account.name for account in accounts.all) == "My studio" and told == [3]
    connection = await accounts.connection(draft.id)
    assert (connection.base_url, connection.key) == ("https://rivya.ai", KEY)
    assert await accounts.key_tail(draft.id) == KEY[-4:]
    await accounts.save(draft.model_copy(update={"base_url": "proxy.example.com/rivya/"}))
    assert (await accounts.connection(draft.id)).base_url == "https://proxy.example.com/rivya"
    frozen = await accounts.connection(draft.id, "https://rivya.ai")
    assert frozen.base_url == "https://rivya.ai", "a job goes on where it was sent"
    await accounts.remove(draft.id)
    assert await store.all() == [] and accounts.get(draft.id) is None
    assert await code_of(accounts.connection(draft.id)) == "account_gone"
    await accounts.remove(draft.id)
    assert KEY not in (await accounts.key_tail(draft.id))


async def test_accounts_are_found_by_id_and_name(accounts: Accounts) -> None:
    first, second = accounts.draft("rivya"), accounts.draft("rivya", "STUDIO")
    await accounts.add(first, None)
    await accounts.add(second, None)
    assert first.name == "Rivya" and accounts.draft("rivya").name == "Rivya 2"
    assert accounts.find(first.id) == first and accounts.find(" studio ") == second
    assert accounts.find("") is None and accounts.find("nobody") is None
    assert accounts.provider(first.id) and [model.id for model in accounts.models(first.id)] == ["sora-2", "sora-2-pro"]
    assert accounts.provider("nobody") is None and accounts.models("nobody") == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "name_empty"),
        ({"name": "BUILT-IN simulator"}, "name_taken"),
        ({"base_url": "http://example.com"}, "url_plain_http"),
        ({"base_url": "https://me:pw@example.com"}, "url_has_login"),
        ({"base_url": "ftp://example.com"}, "url_invalid"),
        ({"provider": "nobody"}, "provider_unknown"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_added(
    accounts: Accounts, store: AccountStore, change: dict[str, object], code: str
) -> None:
    account = accounts.draft("rivya").model_copy(update=change)
    assert await code_of(accounts.add(account, KEY)) == code
    assert await store.all() == [] and len(accounts.all) == 2


async def test_a_key_that_no_header_can_carry_is_refused(accounts: Accounts, store: AccountStore) -> None:
    for key, code in (("", "key_empty"), ("ключ", "key_bad_character"), ("a b", "key_bad_character")):
        assert await code_of(accounts.add(accounts.draft("rivya"), key)) == code
    assert await store.all() == []


async def test_a_stored_account_cannot_pose_as_built_in(accounts: Accounts, store: AccountStore) -> None:
    posing = accounts.draft("rivya", "Posing").model_copy(update={"builtin": True, "base_url": "https://evil.example"})
    await accounts.add(posing, KEY)
    kept = accounts.get(posing.id)
    assert kept and not kept.builtin
    assert (await accounts.connection(posing.id)).key == KEY


async def test_http_to_another_machine_needs_the_users_word(accounts: Accounts) -> None:
    with pytest.raises(UserError, match="url_plain_http"):
        accounts.draft("rivya", base_url="http://gpu.example.com")
    allowed = accounts.draft("rivya", base_url="http://gpu.example.com", allow_http=True)
    await accounts.add(allowed, KEY)
    assert (await accounts.connection(allowed.id)).base_url == "http://gpu.example.com"
    changed = {"allow_http": False, "base_url": "https://gpu.example.com"}
    await accounts.save(allowed.model_copy(update=changed))
    left = await accounts.connection(allowed.id, "http://gpu.example.com")
    assert (left.base_url, left.key) == ("http://gpu.example.com", KEY), "a job that was sent there goes on there"
    assert await code_of(accounts.connection(allowed.id, "http://other.example.com")) == "url_plain_http"
    assert await code_of(accounts.save(allowed.model_copy(update={"allow_http": False}))) == "url_plain_http"


async def test_the_key_of_the_environment_serves_only_whom_it_is_told_to(accounts: Accounts, secrets: Secrets) -> None:
    one, other = accounts.draft("rivya", "One"), accounts.draft("globalaiopc", "Other")
    await accounts.add(one, None)
    await accounts.add(other, None)
    assert await code_of(accounts.connection(one.id)) == "key_missing"
    accounts.serve(one.id)
    assert (await accounts.connection(one.id)).key == OVERRIDE
    assert await accounts.key_state(one.id) is SecretState.SESSION
    assert await code_of(accounts.connection(other.id)) == "key_missing"
    assert await secrets.where(one.id) is SecretState.UNAVAILABLE, "it is never kept"


async def test_a_locked_keyring_is_said(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring.core
    from keyring.errors import KeyringLocked

    class Locked:
        def get_password(self, *_: str) -> str:
            raise KeyringLocked("dismissed")

    Locked.__module__ = "keyring.backends.SecretService"
    monkeypatch.setattr(keyring.core, "_keyring_backend", Locked())
    account = accounts.draft("rivya")
    await accounts.add(account, None)
    assert await code_of(accounts.connection(account.id)) == "key_locked"


async def test_a_late_key_and_another_processs_accounts_are_told(
    accounts: Accounts, store: AccountStore, secrets: Secrets
) -> None:
    told: list[None] = []
    accounts.changed.connect(lambda: told.append(None))
    account = accounts.draft("rivya")
    await accounts.add(account, None)
    secrets.changed.emit(account.id)
    secrets.changed.emit("of nobody")
    assert len(told) == 2
    await accounts.load()
    assert len(told) == 2, "nothing is told where nothing changed"
    await store.save(Account(id="theirs", provider="rivya", name="Theirs", base_url="https://rivya.ai"))
    await accounts.load()
    assert len(told) == 3 and accounts.get("theirs")


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://192.168.1.5:8000/v1", True),
        ("http://[fd00::1]:8000", True),
        ("http://gpu-node:8000", True),
        ("https://studio.local", True),
        ("https://rivya.ai", False),
        ("https://8.8.8.8", False),
        ("https://127.0.0.1.example.com", False),
    ],
)
async def test_what_is_private(accounts: Accounts, url: str, private: bool) -> None:
    account = accounts.draft("rivya", base_url=url, allow_http=True)
    await accounts.add(account, None)
    assert accounts.is_private(account.id) is private
    assert accounts.is_private("simulator-rivya") and not accounts.is_private("nobody")
