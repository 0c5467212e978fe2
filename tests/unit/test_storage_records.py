"""Jobs, drafts, accounts and settings in the database."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sora_desktop.core.accounts import Account
from sora_desktop.core.drafts import Draft
from sora_desktop.core.errors import Failure, FailureKind
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.notes import Note
from sora_desktop.core.references import Reference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.storage import documents
from sora_desktop.storage.accounts import AccountStore
from sora_desktop.storage.database import Database
from sora_desktop.storage.drafts import DraftStore
from sora_desktop.storage.jobs import JobStore
from sora_desktop.storage.settings import Settings, SettingsStore


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "sora.db")
    await database.open()
    yield database
    await database.close()


def job(job_id: str, position: float = 0.0, **more: object) -> Job:
    request = GenerationRequest(
        provider="p", model="m", prompt="Mèo “東京”\n🎬", values={"a": 10, "b": "10", "c": False}
    )
    made = Job(id=job_id, intent=f"i-{job_id}", account="a", base_url="https://x", request=request, position=position)
    return made.having(**more)


async def test_a_job_comes_back_as_it_was(database: Database) -> None:
    store = JobStore(database)
    whole = job(
        "1",
        state=State.FAILED,
        held=True,
        reserved=6.5,
        urls=("https://a", "https://b"),
        failure=Failure(kind=FailureKind.RATE, code="rate_limited", args={"a": "b"}, detail="<b>\x00"),
        notes=(Note(code="note_text", args={"text": "n"}),),
        created_at=1.25,
    )
    await store.add([whole])
    assert await store.all() == [whole] and await store.get("1") == whole
    assert await store.get("2") is None


async def test_jobs_come_in_the_order_of_the_queue(database: Database) -> None:
    store = JobStore(database)
    await store.add([job("late", 3), job("first", 1), job("second", 2, created_at=5.0)])
    await store.add([job("also second", 2, created_at=4.0)])
    assert [each.id for each in await store.all()] == ["first", "also second", "second", "late"]
    await store.save(job("late", 0.5))
    assert (await store.all())[0].id == "late"
    assert [each.id for each in await store.some(["second", "late", "gone"])] == ["late", "second"]


async def test_adding_is_all_or_none(database: Database) -> None:
    store = JobStore(database)
    await store.add([job("1")])
    with pytest.raises(Exception, match="UNIQUE"):
        await store.add([job("2"), job("1")])
    assert [each.id for each in await store.all()] == ["1"]


async def test_a_deleted_job_is_not_brought_back_by_a_late_save(database: Database) -> None:
    store = JobStore(database)
    await store.add([job("1"), job("2")])
    await store.delete("1")
    await store.save(job("1", state=State.PREPARING))
    assert [each.id for each in await store.all()] == ["2"]


async def test_new_waiting_jobs_of_another_process_are_found(database: Database) -> None:
    store = JobStore(database)
    await store.add([job("known"), job("new"), job("sent", state=State.QUEUED)])
    await store.add([job("ended", state=State.CANCELLED)])
    assert [each.id for each in await store.waiting_since({"known"})] == ["new"]
    assert await store.unfinished() == {"known", "new", "sent"}


async def test_a_row_that_cannot_be_read_is_skipped_told_and_kept(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_reported", set[str]())
    jobs, drafts, accounts = JobStore(database), DraftStore(database), AccountStore(database)
    await jobs.add([job("good"), job("bad")])
    await drafts.save(Draft(id="bad draft"))
    await accounts.save(Account(id="bad account", provider="p", name="n", base_url="u"))
    broken = '{"id": 7, "prompt": "the secret plot"}'
    for table, key in (("jobs", "bad"), ("drafts", "bad draft"), ("accounts", "bad account")):
        await database.run(
            lambda db, table=table, key=key: db.execute(f"UPDATE {table} SET document = ? WHERE id = ?", (broken, key))
        )
    with caplog.at_level(logging.ERROR):
        assert [each.id for each in await jobs.all()] == ["good"]
        assert await jobs.all() and await drafts.all() == [] and await accounts.all() == []
    assert len(caplog.records) == 3, "once for each row"
    assert "bad account" in caplog.text and "the secret plot" not in caplog.text
    rows = await database.read(lambda db: db.execute("SELECT document FROM jobs WHERE id = 'bad'").fetchall())
    assert rows == [(broken,)]


async def test_a_document_of_a_later_version_is_read(database: Database) -> None:
    store = JobStore(database)
    await store.add([job("1")])
    await database.run(lambda db: db.execute("UPDATE jobs SET document = json_set(document, '$.later', 1)"))
    assert [each.id for each in await store.all()] == ["1"]


async def test_drafts_come_newest_first_and_are_replaced(database: Database) -> None:
    store = DraftStore(database)
    reference = Reference(path="/a.png", sha256="0")
    await store.save(Draft(id="old", prompt="one", updated_at=1))
    await store.save(Draft(id="new", prompt="two", updated_at=2, references=(reference,), values={"n": 4}))
    await store.save(Draft(id="old", prompt="three", updated_at=3))
    assert [(each.id, each.prompt) for each in await store.all()] == [("old", "three"), ("new", "two")]
    assert (await store.get("new") or Draft(id="")).references == (reference,)
    await store.delete("old")
    assert [each.id for each in await store.all()] == ["new"] and await store.get("old") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {"vi", "ja", "de", "en"}),
        ("MÈO", {"vi"}),
        ("Me\u0300o đà nẵng", {"vi"}),
        ("ĐÀ NẴNG".lower(), {"vi"}),
        ("東京", {"ja"}),
        ("ﾈｺ", {"ja"}),
        ("STRASSE", {"de"}),
        ("cat street", {"en"}),
        ("street cat", {"en"}),
        ("cat dog", set()),
        ("sora-2-PRO", {"en"}),
        ("%", {"en"}),
        ("_", set()),
        ("\u3000猫\u3000", {"ja"}),
    ],
)
async def test_drafts_are_found_by_any_spelling(database: Database, text: str, found: set[str]) -> None:
    store = DraftStore(database)
    prompts = {
        "vi": "Một con mèo ở Đà Nẵng",
        "ja": "東京の猫ネコ",
        "de": "Straße im Regen",
        "en": "A 100 % Cat on a Street",
    }
    for key, prompt in prompts.items():
        await store.save(Draft(id=key, prompt=prompt, model="sora-2-pro" if key == "en" else ""))
    assert {each.id for each in await store.search(text)} == found


async def test_accounts_come_in_the_users_order_and_hold_no_key(database: Database) -> None:
    store = AccountStore(database)
    first = Account(id="1", provider="p", name="One", base_url="https://x", position=2)
    await store.save(first)
    await store.save(Account(id="2", provider="p", name="Two", base_url="https://y", position=1))
    assert [each.id for each in await store.all()] == ["2", "1"]
    await store.save(first.model_copy(update={"name": "Uno", "position": 0.0}))
    assert [each.name for each in await store.all()] == ["Uno", "Two"]
    await store.delete("1")
    assert [each.id for each in await store.all()] == ["2"]
    assert not any("key" in name for name in Account.model_fields)


async def test_settings_are_kept_and_told(database: Database) -> None:
    store = SettingsStore(database)
    told: list[str] = []
    store.changed.connect(lambda: told.append(store.current.theme))
    assert await store.load() == Settings()
    await store.change(theme="dark", volume=0.25)
    await store.change(theme="dark")
    assert told == ["dark"], "nothing is told of what did not change"
    again = SettingsStore(database)
    assert (await again.load()).volume == 0.25 and again.current.theme == "dark"


async def test_a_setting_that_does_not_fit_is_refused_and_changes_nothing(database: Database) -> None:
    store = SettingsStore(database)
    await store.load()
    for wrong in ({"theme": "pink"}, {"volume": 1.5, "theme": "dark"}, {"no_such": 1}):
        with pytest.raises(ValueError):
            await store.change(**wrong)
    assert store.current == Settings() and await store.load() == Settings()


@pytest.mark.parametrize(
    ("key", "text"), [("theme", '"pink"'), ("volume", "loud"), ("text_size", "null"), ("gone", "1")]
)
async def test_a_broken_setting_leaves_its_default_and_the_others(database: Database, key: str, text: str) -> None:
    def write(db: object) -> None:
        db.execute("INSERT INTO settings VALUES (?, ?), ('muted', 'true')", (key, text))  # type: ignore[attr-defined]

    await database.run(write)
    store = SettingsStore(database)
    assert await store.load() == Settings(muted=True)


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())
