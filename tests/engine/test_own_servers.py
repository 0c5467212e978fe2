"""Servers of the user's own: from the check to the clip on the disk, and the file that the user may change."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_desktop.core.accounts import origin_of
from sora_desktop.core.errors import UserError
from sora_desktop.core.jobs import State
from sora_desktop.simulator.openai_manners import PRESETS
from support.bench import Bench
from support.own_servers import DIALECT, PACE, done, quiet, send, server_of
from support.simulator import SimulatorProcess


@pytest.mark.parametrize("preset", PRESETS)
async def test_from_the_check_to_the_clip(bench: Bench, simulator: SimulatorProcess, preset: str) -> None:
    account = await server_of(bench, simulator, preset)
    [job] = await done(bench, await send(bench, account, seconds=4, size="1280x720"))
    assert Path(job.path).read_bytes()[4:8] == b"ftyp"
    assert simulator.billed(job.request.prompt) == 1
    assert simulator.requests(leak="1") == []


# The file.


async def test_what_the_user_changed_survives_another_check(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await server_of(bench, simulator)
    file = bench.servers.file(account)
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert (await bench.accounts.connection(account)).key not in text
    mine = text.replace('name = "sora-2"', 'name = "The quick one"  # as we call it', 1)
    assert mine != text
    file.write_text(mine)
    await bench.servers.reload(account)
    assert bench.accounts.models(account)[0].name == "The quick one"
    simulator.be("openai", models=["sora-2", "sora-2-pro", "sora-3"], deletes=False)
    provider = await bench.servers.probe(account)
    assert [model.name for model in bench.accounts.models(account)] == ["The quick one", "sora-2-pro", "sora-3"]
    assert provider.server is not None and not provider.server.deletes
    assert "# as we call it" in file.read_text()
    assert file.with_suffix(".toml.bak").read_text() == mine
    assert file.with_suffix(".toml.bak").stat().st_mode & 0o777 == 0o600


async def test_a_broken_file_is_told_by_line_and_what_was_known_stays(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await server_of(bench, simulator)
    file = bench.servers.file(account)
    good = file.read_text()
    file.write_text(good.replace('form = "json"', 'form = "fax"'))
    told: list[bool] = []
    bench.servers.changed.connect(lambda: told.append(True))
    await bench.servers.reload()
    line = 1 + file.read_text().splitlines().index('form = "fax"')
    assert bench.servers.problems[account].startswith(f"{line}: server.form")
    assert told
    assert len(bench.accounts.models(account)) == 2
    with pytest.raises(UserError) as caught:
        await bench.servers.probe(account)
    assert caught.value.code == "server_file_wrong"
    assert "fax" in file.read_text(), "the user's file was overwritten"
    file.write_text(good)
    await bench.servers.reload(account)
    assert bench.servers.problems == {}


async def test_the_file_goes_with_its_account_and_comes_back_after_a_start(
    tmp_path: Path, simulator: SimulatorProcess
) -> None:
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        account = await server_of(bench, simulator)
        await bench.servers.probe(account)
        await bench.servers.export(account, tmp_path / "shared.toml")
    assert (tmp_path / "shared.toml").read_text().startswith("# What is known of this server.")
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        assert [model.id for model in bench.accounts.models(account)] == ["sora-2", "sora-2-pro"]
        assert bench.servers.was_probed(account)
        await bench.accounts.remove(account)
        assert list(bench.servers.file(account).parent.iterdir()) == []


async def test_what_is_no_server_is_not_checked(bench: Bench) -> None:
    builtin = next(account for account in bench.accounts.all if account.builtin)
    assert not bench.servers.is_server(builtin.id)
    for account, code in ((builtin.id, "server_no_check"), ("nobody", "account_unknown")):
        with pytest.raises(UserError) as caught:
            await bench.servers.probe(account)
        assert caught.value.code == code
    with pytest.raises(UserError) as caught:
        await bench.servers.export("nobody", Path("/nowhere"))
    assert caught.value.code == "server_no_file"


async def test_a_server_that_names_no_models_tells_in_its_file_how_to_enter_them(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await server_of(bench, simulator, models=["gpt-4o"])
    assert bench.accounts.models(account) == ()
    file = bench.servers.file(account)
    assert "# [[models]]" in file.read_text()
    text, _, example = file.read_text().partition("# The server names no models.")
    example = example.partition("without the #:")[2]
    file.write_text(text + "\n".join(line.removeprefix("#").strip() for line in example.splitlines()))
    await bench.servers.reload(account)
    assert bench.servers.problems == {}
    assert [model.id for model in bench.accounts.models(account)] == ["the-name-that-the-server-knows"]


async def test_a_job_keeps_the_headers_of_the_address_it_was_sent_to(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    account = await server_of(bench, simulator)
    await bench.accounts.set_headers(account, {"x-team": "films"})
    simulator.be("openai", headers={"x-team": "films"})
    simulator.fault("stuck", "create", DIALECT)
    [job] = await send(bench, account)
    await bench.until(lambda: bench.job(job).remote_id)
    known = bench.accounts.get(account)
    assert known is not None
    await bench.accounts.save(known.model_copy(update={"base_url": "https://elsewhere.example"}))
    await bench.accounts.set_headers(account, {"x-team": "others"})
    assert dict((await bench.accounts.connection(account)).headers) == {"x-team": "others"}
    simulator.end(bench.job(job).remote_id)
    assert [one.state for one in await quiet(bench, [job])] == [State.DONE]
    await bench.accounts.remove(account)
    assert (await bench.secrets.get(f"{account}/headers@{origin_of(simulator.openai_videos)}")).value == ""
