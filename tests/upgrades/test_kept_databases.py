"""Databases as earlier versions left them, kept as SQL: each must open, and lose nothing.

When a migration is added, `kept/` gets the dump of a database of the version before it; none is ever edited.
"""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sora_desktop.core.jobs import State
from sora_desktop.core.library import Marks
from sora_desktop.storage import documents, migrations
from sora_desktop.storage.accounts import AccountStore
from sora_desktop.storage.clips import ClipStore
from sora_desktop.storage.database import Database
from sora_desktop.storage.drafts import DraftStore
from sora_desktop.storage.jobs import JobStore
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.references import ReferenceStore
from sora_desktop.storage.settings import SettingsStore
from sora_desktop.storage.uploads import UploadStore

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
            tray = await ReferenceStore(database, Paths(*[tmp_path] * 5)).recent()
            store = ClipStore(database)
            clips = await store.page("")
            await store.mend()
            assert await store.page("") == clips
            uploads = UploadStore(database)
            upload = await uploads.get("11111111-2222-4333-8444-555555555555 https://rivya.ai", "cd" * 32, 0.0)
    finally:
        await database.close()
    assert caplog.records == []
    assert {"jobs": len(jobs), "drafts": len(drafts), "accounts": len(accounts)} == rows
    assert {job.state for job in jobs} >= set(State) and all(job.request.values for job in jobs)
    done = [job for job in jobs if job.state is State.DONE]
    assert [clip.job for clip in clips] == sorted(done, key=lambda job: job.id) and done
    assert all(clip.marks == Marks() for clip in clips)
    assert any(job.failure for job in jobs) and any(job.request.references for job in jobs)
    assert settings.theme == "dark" and settings.volume == 0.25
    if int(file.stem) >= 2:
        [item], [plan] = tray, [draft.references[0].plan for draft in drafts if draft.id == "with-a-plan"]
        assert item.pinned and item.picture and item.picture.orientation == 6 and item.path.startswith(str(tmp_path))
        assert plan.crop and (plan.rotate, plan.crop.size, plan.size) == (90, (160, 90), (1280, 720))
        assert upload and upload.sent.url == "https://example.com/a.jpg"
        assert any(account.reference_host and account.reference_host.bucket == "mine" for account in accounts)
    assert (path.with_name(f"sora.db.backup-v{int(file.stem)}")).exists() == (int(file.stem) < len(migrations.listed()))
