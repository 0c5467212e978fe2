"""How long clips are kept: the newest, and every one whose link may still be alive."""

from __future__ import annotations

from sora_desktop.simulator.world import World

KEPT = 200


def forget_old(world: World, kept: int = KEPT) -> int:
    """Removes the files of all but the newest `kept` clips whose links have died; how many went."""
    sql = (
        "SELECT id, media FROM tasks WHERE ready_at IS NOT NULL AND media_gone = 0"
        " ORDER BY ready_at DESC LIMIT -1 OFFSET ?"
    )
    removed = 0
    for row in world.store.all(sql, kept):
        task = world.ledger.task(row["id"])
        completed = task.completed_at if task else None
        if completed is None or world.clock.now() < completed + world.link_seconds:
            continue
        (world.media_folder / f"{row['media']}.mp4").unlink(missing_ok=True)
        world.store.run("UPDATE tasks SET media_gone = 1 WHERE id = ?", row["id"])
        removed += 1
    return removed
