"""The database file: private, durable, migrated with a backup, and polite about all that can be wrong with it."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.storage import migrations
from sora_desktop.storage.database import Database
from sora_desktop.storage.migrations import APPLICATION_ID


@asynccontextmanager
async def opened(path: Path, **options: Any) -> AsyncIterator[Database]:
    database = Database(path, **options)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


def steps(folder: Path, *sql: str) -> Path:
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(sql, 1):
        (folder / f"{number:04}_step.sql").write_text(text)
    return folder


def insert(db: sqlite3.Connection, key: str = "k", value: str = '"v"') -> None:
    db.execute("INSERT INTO settings VALUES (?, ?)", (key, value))


def keys(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT key FROM settings ORDER BY key")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sora.db"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
async def test_the_file_and_its_side_files_are_the_users_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        async with opened(path) as database:
            await database.run(insert)
            modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert {"sora.db", "sora.db-wal", "sora.db-shm", "sora.db.backup"} == modes.keys()
    assert set(modes.values()) == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
async def test_a_file_that_was_open_to_others_is_closed_to_them(path: Path) -> None:
    async with opened(path):
        pass
    path.chmod(0o644)
    async with opened(path):
        assert path.stat().st_mode & 0o777 == 0o600


async def test_what_is_promised_about_durability_is_set(path: Path) -> None:
    def pragmas(db: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "application_id", "user_version")
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    async with opened(path) as database:
        assert await database.read(pragmas) == ["wal", 2, 1, APPLICATION_ID, len(migrations.listed())]


async def test_a_transaction_happens_whole_or_not_at_all(path: Path) -> None:
    def half(db: sqlite3.Connection) -> None:
        insert(db)
        raise KeyError("a defect")

    async with opened(path) as database:
        with pytest.raises(KeyError):
            await database.run(half)
        assert await database.read(keys) == []
        await database.run(insert)
        assert await database.read(keys) == ["k"]


async def test_a_cancelled_caller_does_not_cancel_the_write(path: Path) -> None:
    async with opened(path) as database:
        blocker = asyncio.create_task(database.run(lambda _db: time.sleep(0.1)))
        writer = asyncio.create_task(database.run(insert))
        await asyncio.sleep(0)
        writer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writer
        await blocker
        assert await database.read(keys) == ["k"]


async def test_closing_waits_for_what_was_given(path: Path) -> None:
    database = Database(path)
    await database.open()
    writers = [asyncio.create_task(database.run(lambda db, key=str(n): insert(db, key))) for n in range(20)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writers)
    with pytest.raises(RuntimeError):
        await database.run(insert)
    async with opened(path) as again:
        assert len(await again.read(keys)) == 20


async def test_the_version_of_the_data_changes_with_others_commits_only(path: Path) -> None:
    async with opened(path) as one, opened(path) as other:
        seen = await one.data_version()
        await one.run(insert)
        assert await one.data_version() == seen
        await other.run(lambda db: insert(db, "other"))
        assert await one.data_version() != seen
        assert await one.read(keys) == ["k", "other"]


async def test_migrations_run_in_order_with_a_backup_before_each(tmp_path: Path, path: Path) -> None:
    first = "CREATE TABLE t (a TEXT);"
    folder = steps(tmp_path / "steps", first)
    async with opened(path, migrations_folder=folder) as database:
        await database.run(lambda db: db.execute("INSERT INTO t VALUES ('old')"))
    trigger = "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET b = 'x'; UPDATE t SET a = a || ';'; END;"
    steps(
        folder,
        first,
        f"-- A comment; with a semicolon\nALTER TABLE t ADD b TEXT;\n{trigger}",
        "UPDATE t SET b = 'new';",
    )
    async with opened(path, migrations_folder=folder) as database:
        assert await database.read(lambda db: db.execute("SELECT a, b FROM t").fetchall()) == [("old", "new")]
        assert await database.read(migrations.version_of) == 3
    for version, columns in ((1, 1), (2, 2)):
        with closing(sqlite3.connect(tmp_path / f"sora.db.backup-v{version}")) as backup:
            assert migrations.version_of(backup) == version
            rows = backup.execute("SELECT * FROM t").fetchall()
            assert [row[0] for row in rows] == ["old"] and len(rows[0]) == columns
    assert not list(tmp_path.glob("*.part*"))


async def test_a_step_that_fails_changes_nothing(tmp_path: Path, path: Path) -> None:
    first = "CREATE TABLE t (a TEXT);"
    folder = steps(tmp_path / "steps", first)
    async with opened(path, migrations_folder=folder) as database:
        await database.run(lambda db: db.execute("INSERT INTO t VALUES ('old')"))
    steps(folder, first, "ALTER TABLE t ADD b TEXT; INSERT INTO missing VALUES (1);")
    with pytest.raises(sqlite3.OperationalError, match="missing"):
        async with opened(path, migrations_folder=folder):
            pass
    steps(folder, first, "SELECT 1;")
    async with opened(path, migrations_folder=folder) as database:
        assert await database.read(lambda db: db.execute("SELECT * FROM t").fetchall()) == [("old",)]


@pytest.mark.parametrize("names", [["0002_b.sql"], ["0001_a.sql", "0003_c.sql"], ["0001_a.sql", "0001_b.sql"]])
def test_a_gap_in_the_numbers_is_noticed(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(ValueError, match="numbered"):
        migrations.listed(tmp_path)


async def test_an_unfinished_statement_is_noticed(tmp_path: Path, path: Path) -> None:
    with pytest.raises(ValueError, match="unfinished"):
        async with opened(path, migrations_folder=steps(tmp_path / "steps", "CREATE TABLE t (a TEXT)")):
            pass


async def test_a_newer_file_is_refused_and_left_alone(path: Path) -> None:
    async with opened(path) as database:
        await database.run(lambda db: db.execute("PRAGMA user_version = 999"))
    before = path.read_bytes()
    with pytest.raises(EnvironmentProblem) as caught:
        await Database(path).open()
    assert caught.value.code == "database_newer"
    assert path.read_bytes() == before


async def test_a_file_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (a)")
        db.commit()
    before = path.read_bytes()
    with pytest.raises(EnvironmentProblem) as caught:
        await Database(path).open()
    assert caught.value.code == "database_broken" and caught.value.words["folder"] == str(path.parent)
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_said_to_be_broken(path: Path) -> None:
    path.write_bytes(b"no database at all, " * 500)
    with pytest.raises(EnvironmentProblem) as caught:
        await Database(path).open()
    assert caught.value.code == "database_broken"


async def test_damage_is_found_after_an_unclean_end_and_the_daily_backup_is_good(path: Path) -> None:
    async with opened(path) as database:
        await database.run(insert)
        page = await database.read(lambda db: db.execute("PRAGMA page_size").fetchone()[0])
    os.utime(path.with_name("sora.db.backup"), (0, 0))
    async with opened(path):
        pass
    # The root page of a table is overwritten, and a journal is left as after a kill.
    damaged = bytearray(path.read_bytes())
    damaged[page : 2 * page] = b"\xff" * page
    path.write_bytes(damaged)
    killed = textwrap.dedent(f"""
        import os, sqlite3
        db = sqlite3.connect({str(path)!r}, isolation_level=None)
        db.execute("PRAGMA user_version = {len(migrations.listed())}")
        os._exit(0)
    """)
    subprocess.run([sys.executable, "-c", killed], check=True)
    with pytest.raises(EnvironmentProblem) as caught:
        await Database(path).open()
    assert caught.value.code == "database_broken"
    path.with_name("sora.db-wal").unlink(missing_ok=True)
    path.with_name("sora.db-shm").unlink(missing_ok=True)
    shutil.copy(path.with_name("sora.db.backup"), path)
    async with opened(path) as database:
        assert await database.read(keys) == ["k"]


async def test_one_backup_a_day(path: Path) -> None:
    backup = path.with_name("sora.db.backup")
    async with opened(path) as database:
        await database.run(insert)
    first = backup.stat().st_mtime_ns
    async with opened(path):
        assert backup.stat().st_mtime_ns == first
    os.utime(backup, (time.time() - 100_000,) * 2)
    async with opened(path):
        with closing(sqlite3.connect(backup)) as copy:
            assert keys(copy) == ["k"]


async def test_a_locked_file_is_waited_for_and_then_said(path: Path) -> None:
    async with opened(path, busy_seconds=0.3) as database:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert await database.read(keys) == [], "a reader waits for no writer"
            with pytest.raises(EnvironmentProblem) as caught:
                await database.run(insert)
            assert caught.value.code == "database_busy"
            waiting = asyncio.create_task(database.run(insert))
            await asyncio.sleep(0.05)
            other.execute("ROLLBACK")
            await waiting
        assert await database.read(keys) == ["k"]


async def test_a_full_disk_is_said_and_nothing_is_half_written(path: Path) -> None:
    async with opened(path) as database:
        pages = await database.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        await database.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())
        with pytest.raises(EnvironmentProblem) as caught:
            await database.run(lambda db: insert(db, value="x" * 100_000))
        assert caught.value.code == "disk_full"
        await database.run(lambda db: db.execute("PRAGMA max_page_count = 100000").fetchone())
        await database.run(insert)
        assert await database.read(keys) == ["k"]


async def test_a_file_that_may_not_be_written_is_said(path: Path) -> None:
    async with opened(path) as database:
        await database.read(lambda db: db.execute("PRAGMA query_only = 1"))
        with pytest.raises(EnvironmentProblem) as caught:
            await database.run(insert)
        assert caught.value.code == "folder_readonly" and caught.value.words["folder"] == str(path.parent)


async def test_a_missing_folder_is_said_and_leaves_no_thread(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        await Database(tmp_path / "missing" / "sora.db").open()
    assert caught.value.code == "folder_readonly"


OPENER = """
import asyncio, sys
from pathlib import Path
from sora_desktop.storage.database import Database

async def main():
    database = Database(Path(sys.argv[1]))
    await database.open()
    await database.run(lambda db: db.execute("INSERT INTO settings VALUES (?, '1')", (sys.argv[2],)))
    await database.close()

asyncio.run(main())
"""


async def test_several_processes_may_make_the_file_at_once(path: Path) -> None:
    children = [subprocess.Popen([sys.executable, "-c", OPENER, str(path), str(number)]) for number in range(4)]
    assert [child.wait(60) for child in children] == [0, 0, 0, 0]
    async with opened(path) as database:
        assert await database.read(keys) == ["0", "1", "2", "3"]


WRITER = """
import asyncio, sys
from pathlib import Path
from sora_desktop.storage.database import Database

async def main():
    database = Database(Path(sys.argv[1]))
    await database.open()
    number = 0
    while True:
        await database.run(lambda db: db.execute("INSERT INTO settings VALUES (?, '1')", (f"{number:06}",)))
        print(f"{number:06}", flush=True)
        number += 1

asyncio.run(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX's")
async def test_what_was_committed_is_there_after_kill_9(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = [child.stdout.readline().strip() for _ in range(25)]
    child.send_signal(signal.SIGKILL)
    said += [line.strip() for line in child.stdout if line.endswith("\n")]
    child.stdout.close()
    child.wait(10)
    async with opened(path) as database:
        kept = await database.read(keys)
    assert set(said) <= set(kept) and len(kept) <= len(said) + 1
