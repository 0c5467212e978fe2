"""Threads for what blocks, where it hangs."""

from __future__ import annotations

import asyncio
import threading

import pytest

from sora_desktop.engine import hands


async def test_at_the_end_nobody_waits_for_what_hangs_however_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where several files that were to be sent are removed one after another."""
    monkeypatch.setattr(hands, "PATIENCE", 0.05)
    goes_on, few = threading.Event(), hands.Hands(1, "test")
    hangs = asyncio.create_task(few.run(lambda: goes_on.wait(20)))
    removes = asyncio.create_task(few.run(list))
    await asyncio.sleep(0)
    few.abandon()
    later = asyncio.create_task(few.run(list))
    await asyncio.wait({hangs, removes, later}, timeout=1)
    assert hangs.cancelled() and removes.cancelled() and later.cancelled()
    few.close()
    goes_on.set()
