"""Databases as earlier versions left them, kept as SQL: each must open, and lose nothing.

When a migration is added, `kept/` gets the dump of a database of the version before it; none is ever edited.
"""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sora_desktop.core.jobs import State
from sora_desktop.storage import documents, migrations
from sora_desktop.storage.accounts import AccountStore
from sora_desktop.storage.database import Database
from sora_desktop.storage.drafts import DraftStore
from sora_desktop.storage.jobs import JobStore
from sora_desktop.storage.settings import SettingsStore

KEPT = sorted((Path(__file__).parent / "kept").glob("*.sql"))


def test_every_earlier_version_is_kept() -> None:
    """The present one may be missing: nothing has to be brought up from it yet."""
    earlier = list(range(1, len(migrations.listed())))
    assert [int(file.stem) for file in KEPT] in (earlier, [*earlier, len(earlier) + 1])


@pytest.mark.parametrize("file", KEPT, ids=lambda file: file.stem)
async def test_a_database_of_an_earlier_version_opens_and_loses_nothing(
    file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_reported", set[str]())
    path = tmp_path / "sora.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(file.read_text(encoding="utf-8"))
        rows = {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("jobs", "drafts", "accounts")
        }
    database = Database(path)
    await database.open()
    try:
        with caplog.at_level(logging.WARNING):
            jobs = await JobStore(database).all()
            drafts, accounts = await DraftStore(database).all(), await AccountStore(database).all()
            settings = await SettingsStore(database).load()
    finally:
        await database.close()
    assert caplog.records == []
    assert {"jobs": len(jobs), "drafts": len(drafts), "accounts": len(accounts)} == rows
    assert {job.state for job in jobs} >= set(State) and all(job.request.values for job in jobs)
    assert any(job.failure for job in jobs) and any(job.request.references for job in jobs)
    assert settings.theme == "dark" and settings.volume == 0.25
    assert (path.with_name(f"sora.db.backup-v{int(file.stem)}")).exists() == (int(file.stem) < len(migrations.listed()))
