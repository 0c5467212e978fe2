"""The file of a server: what is written is what is read, and what the user wrote stays letter by letter."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_desktop.core.catalog import Model, Provider, parse
from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.core.params import Option, Param, ParamType
from sora_desktop.core.provider_files import Examined, examine
from sora_desktop.core.references import ReferenceRule
from sora_desktop.core.server_files import text_of, with_found
from sora_desktop.core.servers import Form, Server
from sora_desktop.providers.openai_fields import described, usual
from sora_desktop.storage.servers import ServerFiles

RULE = ReferenceRule(mime_types=("image/png",), field="input_reference", attach=True)


def model(name: str = "wan", **changes: Any) -> Model:
    return Model(id=name, name=name, params=usual(), references=RULE).model_copy(update=changes)


def provider(*models: Model, **server: Any) -> Provider:
    return Provider(
        id="own",
        name="Own",
        dialect="openai_videos",
        base_url="",
        server=Server(**server),
        models=models,
    )


any_text = st.text(st.characters(codec="utf-8"), max_size=20)
options = st.lists(st.builds(Option, value=any_text | st.integers() | st.booleans(), means=any_text), max_size=3)
params = st.builds(
    Param,
    key=st.from_regex(r"[a-z_]{1,9}", fullmatch=True),
    label=any_text,
    type=st.sampled_from(ParamType),
    default=st.none() | any_text | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans(),
    options=options.map(tuple),
    minimum=st.none() | st.floats(-1e6, 1e6),
)
models = st.builds(
    Model,
    id=any_text,
    name=any_text,
    notices=st.lists(any_text, max_size=2).map(tuple),
    unknown=st.dictionaries(any_text, any_text | st.integers() | st.lists(any_text), max_size=2),
    params=st.lists(params, max_size=2).map(tuple),
    references=st.none() | st.just(RULE),
)


@settings(max_examples=40)
@given(st.lists(models, max_size=2), st.builds(Server, software=any_text, prefix=any_text))
def test_what_is_written_is_what_is_read(found: list[Model], server: Server) -> None:
    whole = provider(*found).model_copy(update={"server": server})
    assert Provider.model_validate(tomllib.loads(text_of(whole))) == whole


def test_what_a_check_writes_has_nothing_wrong_with_it() -> None:
    examined = examine(text_of(provider(model())), lambda _: "", own=False)
    assert (examined.findings, examined.provider) == ((), provider(model()))
    examined = examine(text_of(provider()), lambda _: "", own=False)
    assert examined.findings == ()


def test_another_check_writes_only_the_server_and_what_is_new() -> None:
    text = text_of(provider(model("a"), model("b")))
    text = text.replace('name = "a"', 'name = "Mine" # my words', 1).replace('key = "seed"', 'key = "sd"', 1)
    text = "# my own first line\n" + text
    server = Server(form=Form.MULTIPART, lists_tasks=True, software='odd "one"')
    mended, wanted = with_found(text, parse(text), server, [model("a"), model("b"), model("c")])
    assert parse(mended) == wanted
    assert wanted.server == server
    assert [one.name for one in wanted.models] == ["Mine", "b", "c"]
    assert mended.startswith("# my own first line\n")
    assert 'name = "Mine" # my words' in mended
    before, after = text.splitlines(), mended.splitlines()
    changed = [line for line in before if line not in after]
    assert changed == ['form = "json"', "lists_tasks = false", 'software = ""']


def test_words_of_the_user_in_the_section_of_the_server_cost_those_elsewhere_nothing() -> None:
    text = "# mine\nid='own'\nname='Own'\ndialect='openai_videos'\nbase_url=''\n\n[server] # here\nform = 'json'\n"
    text += "# it lists\nlists_tasks = true\n\n# my models\n[[models]] # one\nid='a'\nname='A'\n"
    mended, wanted = with_found(text, parse(text), Server(deletes=True), [model("a")])
    assert parse(mended) == wanted and wanted.server == Server(deletes=True)
    assert [line for line in mended.splitlines() if "#" in line] == ["# mine", "# my models", "[[models]] # one"]


HOSTILE = {
    "references": {"type": "string"},
    "guidance_scale": {"type": "number", "maximum": -1},
    "fps": {"type": "integer", "maximum": 1e300, "minimum": -1e300},
    "mode": {"type": "string", "enum": ["a", "a", "", 1, 1.0, "1", 1e300, None]},
    "seconds": {"type": "number", "minimum": 90},
    "size": {"type": "string", "enum": ["1x1", "1x1"]},
}


def test_a_description_of_any_sort_makes_a_file_that_can_be_read() -> None:
    schema = {"properties": {"prompt": {"type": "string"}, **HOSTILE}}
    post = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    found = described({"paths": {"/v1/videos": {"post": post}}}, "/v1")
    assert found is not None and found.params is not None
    whole = provider(model(params=found.params))
    assert examine(text_of(whole), lambda _: "", own=False) == Examined(whole)
    by_key = {param.key: param for param in found.params}
    assert [option.value for option in by_key["mode"].options] == ["a", 1] and "references" not in by_key
    assert (by_key["guidance_scale"].maximum, by_key["seconds"].minimum) == (-1, 90)


@pytest.mark.parametrize(
    "odd",
    [
        "\n[server] # here\nform = 'json'\nvariants = [\n  'thumbnail',\n]\n# of the models",
        "\nserver = { form = 'json' }\n",
        "\nserver.form = 'json'\n",
        "",
    ],
)
def test_a_file_that_is_laid_out_another_way_says_the_same_afterwards(odd: str) -> None:
    text = f"id='own'\nname='Own'\ndialect='openai_videos'\nbase_url=''\n{odd}\n[[models]]\nid='a'\nname='A'\n"
    mended, wanted = with_found(text, parse(text), Server(deletes=True), [model("a"), model("b")])
    assert parse(mended) == wanted
    assert wanted.server == Server(deletes=True)
    assert [one.name for one in wanted.models] == ["A", "b"]


def test_files_are_private_whole_and_go(tmp_path: Path) -> None:
    files = ServerFiles(tmp_path / "servers")
    assert files.read("../../etc/passwd") is None
    assert files.path("../../etc/passwd").parent == files.folder
    files.write("one", "a = 1\n")
    files.write("one", "a = 2\n")
    files.write("one", "a = 2\n")
    path = files.path("one")
    assert [item.name for item in sorted(files.folder.iterdir())] == ["one.toml", "one.toml.bak"]
    assert (path.read_text(), path.with_suffix(".toml.bak").read_text()) == ("a = 2\n", "a = 1\n")
    assert {stat.S_IMODE(item.stat().st_mode) for item in files.folder.iterdir()} == {0o600}
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    files.export("one", tmp_path / "out.toml")
    assert (tmp_path / "out.toml").read_text() == "a = 2\n"
    with pytest.raises(FileNotFoundError):
        files.export("two", tmp_path / "out.toml")
    files.remove("one")
    files.remove("one")
    assert list(files.folder.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = ServerFiles(tmp_path)
    files.write("one", "a = 1\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentProblem) as caught:
        files.write("one", "a = 2\n")
    assert caught.value.code == "disk_full"
    assert files.path("one").read_text() == "a = 1\n"
    assert [item.name for item in tmp_path.iterdir()] == ["one.toml"]
