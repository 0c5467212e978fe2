"""Servers of the user's own, checked or described by hand, and jobs that are sent to them."""

from __future__ import annotations

import secrets
from typing import Any

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.params import Scalar
from sora_desktop.core.references import Reference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.simulator.openai_manners import PRESETS
from support.bench import Bench
from support.simulator import SimulatorProcess

PACE = 0.01
DIALECT = "openai_videos"
KEY = "sk-by-hand-0123456789abcdef"


async def server_of(bench: Bench, simulator: SimulatorProcess, preset: str = "openai", **manners: Any) -> str:
    """An account on a server with these manners, checked. Its key is its own: it lists no other test's tasks."""
    simulator.be(preset, **manners)
    key = f"sk-test-{secrets.token_hex(8)}"
    simulator.add_key(key, DIALECT, credits=1_000_000)
    account = bench.accounts.draft(DIALECT, name=preset, base_url=simulator.openai_videos)
    await bench.accounts.add(account, key if manners.get("needs_key", PRESETS[preset].needs_key) else None)
    await bench.servers.probe(account.id)
    return account.id


async def by_hand(bench: Bench, url: str, server: str = "", key: str | None = KEY) -> str:
    """An account whose file the user wrote."""
    account = bench.accounts.draft(DIALECT, name=f"by hand {secrets.token_hex(2)}", base_url=url)
    await bench.accounts.add(account, key)
    path = bench.servers.file(account.id)
    path.parent.mkdir(exist_ok=True)
    rule = 'kinds = ["image"]\nfield = "input_reference"\nattach = true\n'
    path.write_text(
        f'id = "{DIALECT}"\nname = "By hand"\ndialect = "{DIALECT}"\nbase_url = ""\n[server]\n{server}\n'
        f'[[models]]\nid = "m"\nname = "M"\n[models.references]\n{rule}'
    )
    await bench.servers.reload(account.id)
    assert bench.servers.problems == {}
    return account.id


async def send(
    bench: Bench, account: str, prompt: str = "", count: int = 1, *references: Reference, **values: Scalar
) -> list[Job]:
    """`count` jobs with the account's first model and a prompt that no other test has."""
    model = bench.accounts.models(account)[0]
    prompt = prompt or f"a boat {secrets.token_hex(4)}"
    request = GenerationRequest(provider=DIALECT, model=model.id, prompt=prompt, references=references, values=values)
    return await bench.engine.submit(account, request, count)


async def quiet(bench: Bench, jobs: list[Job]) -> list[Job]:
    await bench.until_quiet()
    return [bench.job(job) for job in jobs]


async def done(bench: Bench, jobs: list[Job]) -> list[Job]:
    ended = await quiet(bench, jobs)
    assert [job.state for job in ended] == [State.DONE] * len(jobs), [job.failure for job in ended]
    return ended
