"""A file that describes a service: each thing that can be wrong is named with its line, and nothing else is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sora_desktop import cli
from sora_desktop.core.catalog import CatalogError, parse
from sora_desktop.core.provider_files import MAX_FILE, examine
from sora_desktop.core.provider_schema import schema
from sora_desktop.providers import jsonpaths
from sora_desktop.storage.resources import resource

BASE = """\
id = "mine"
name = "Mine"
dialect = "described"
base_url = "https://api.example.com"
idempotent = false
[poll]
first = 5
[wire.auth]
header = "X-Key"
[wire.headers]
"X-Version" = "1"
[wire.create]
path = "/tasks"
params = "input"
[wire.create.fields]
prompt = "input.text"
[wire.create.fixed]
"input.format" = "mp4"
[wire.poll]
path = "/tasks/{id}"
[wire.task]
id = "$.id"
status = "$.status"
results = "$.url"
[wire.task.words]
succeeded = ["done"]
failed = ["broken"]
[[models]]
id = "one"
name = "One"
[[models.params]]
key = "length"
default = 5
options = [{ value = 5 }, { value = 10 }]
[[models.params]]
key = "seed"
type = "number"
[models.references]
field = "images"
[models.estimate]
least = 1
most = 2
"""

CASES = [
    # Old line, what stands there instead (“#!” marks the lines that are named), and a part of the reason.
    ('id = "mine"', 'id = "Mine!" #!', "small letters"),
    ('id = "mine"', 'id = "rivya" #!', "is the id of a service that ships"),
    ('name = "Mine"', 'name = " " #!', "give it a name"),
    ('name = "Mine"', "name = 5 #!", "must be a text in quotes"),
    ('name = "Mine"', 'name = "Mine"\nnames = 5 #!', "did you mean “name”"),
    ('name = "Mine"', 'name = "Mine" x #!', "this is no TOML"),
    ('name = "Mine"', 'name = "Mine"\nname = "Again" #!', "this is no TOML"),
    ('name = "Mine"\n', "", "name: is missing"),
    ('dialect = "described"', 'dialect = "descried" #!', "is no dialect"),
    ('dialect = "described"', 'dialect = "rivya" #!', "a file of yours is “described”"),
    ('dialect = "described"', 'dialect = "a\\n\\tb" #!', "“a b” is no dialect"),
    ('base_url = "https://api.example.com"', 'base_url = "http://api.example.com" #!', "https://"),
    ('base_url = "https://api.example.com"', 'base_url = "api.example.com" #!', "https://"),
    ('base_url = "https://api.example.com"', 'base_url = "https://u:p@example.com" #!', "own field"),
    ('base_url = "https://api.example.com"', 'base_url = "https://example.com/?a=1" #!', "leave out “?”"),
    ("idempotent = false", "idempotent = true #!", "documented key"),
    ("idempotent = false", "has_balance = true #!", "no [wire.balance]"),
    ("idempotent = false", "has_cancel = true #!", "no call that cancels"),
    ("idempotent = false", "lists_models = true #!", "stand in its file"),
    ("idempotent = false", "at_once = 0 #!", "1 to 1000"),
    ("idempotent = false", "result_hours = 0 #!", "more than 0"),
    ("idempotent = false", 'rank = "first" #!', "must be a whole number"),
    ("idempotent = false", 'demo = { account = "a", name = "b", key = "c" } #!', "only the services that ship"),
    ("first = 5", "first = -5 #!", "seconds above 0"),
    ("first = 5", "least = 20 #!\nmost = 10", "least is not above most"),
    ('header = "X-Key"', 'header = "Content-Type" #!', "extra header"),
    ('header = "X-Key"', 'header = "X-Key"\ntemplate = "Bearer" #!', "write {key} once"),
    ('header = "X-Key"', 'header = "X-Key"\ntemplate = "{key} {name}" #!', "write {key} once"),
    ('"X-Version" = "1"', '"X-Version" = "{key}" #!', "[wire.auth] only"),
    ('"X-Version" = "1"', '"x-key" = "1" #!', "carries the key"),
    ('"X-Version" = "1"', '"X Version" = "1" #!', "extra header"),
    ('path = "/tasks"', 'path = "tasks" #!', "must begin with one “/”"),
    ('path = "/tasks"', 'path = "//example.org/tasks" #!', "must begin with one “/”"),
    ('path = "/tasks"', 'path = "/tasks?key={key}" #!', "[wire.auth] only"),
    ('path = "/tasks"', 'path = "/tasks/{id}" #!', "nothing is filled in"),
    ('path = "/tasks"', 'path = "/tasks and more" #!', "percent-encoded"),
    ('path = "/tasks"', 'path = "/../tasks" #!', "leave out “..”"),
    ('path = "/tasks"', 'path = "/tasks"\nmethod = "GET" #!', "must be one of 'POST', 'PUT'"),
    ('path = "/tasks"', 'path = "/tasks"\nidempotency_header = "a b" #!', "extra header"),
    ('path = "/tasks"\n', "", "wire.create.path: is missing"),
    ('prompt = "input.text"', 'prompt = "input.seed" #!', "is used twice"),
    ('prompt = "input.text"', 'prompt = "input..text" #!', "empty part"),
    ('prompt = "input.text"', 'prompt = "input.messages.1" #!', "leaves a gap"),
    ('prompt = "input.text"', 'prmpt = "input.text" #!', "no model has a parameter"),
    ('"input.format" = "mp4"', '"input" = "mp4"', "leads through something that is no object"),
    ('path = "/tasks/{id}"', 'path = "/tasks" #!', "write {id} where"),
    ('path = "/tasks/{id}"', 'path = "/tasks/{id}/{name}" #!', "the only thing that is filled in"),
    ('path = "/tasks/{id}"', 'path = "/tasks/{id}"\nbody = { a = 1 } #!', "a GET has no body"),
    ('id = "$.id"', 'id = "id" #!', "begins with “$”"),
    ('id = "$.id"', "id = [] #!", "at least one JSONPath"),
    ('status = "$.status"', 'status = ["$.a",\n"$.b["] #!', "unexpected end"),
    ('status = "$.status"', "status = \"$.a[?search(@.b, '(a+)+')]\" #!", "not defined"),
    ('results = "$.url"', 'results = "$..a..b" #!', "may stand in it once"),
    ('results = "$.url"', 'results = "$.a | $.b" #!', "unexpected token"),
    ('results = "$.url"', f'results = "$.{"a" * 300}" #!', "longer than"),
    ('succeeded = ["done"]', 'succeeded = ["Broken"]', "stands for succeeded already"),
    ('succeeded = ["done"]', "succeeded = [] #!", "at least one word"),
    ('succeeded = ["done"]', 'succeeded = ["done", " "] #!', "an empty word"),
    ('id = "one"', 'id = "" #!', "give the model a name"),
    ('name = "One"', 'name = "One"\nprompt_limit = 0 #!', "at least 1 character"),
    ('name = "One"', 'name = "One"\n[[models]]\nid = "one" #!\nname = "Two"', "is there already"),
    ('key = "length"', 'key = "prompt" #!', "taken by every request"),
    ('key = "length"', 'key = "seed"', "is there already"),
    ("default = 5", "default = 7 #!", "it takes 5, 10"),
    ("default = 5", "default = [5] #!", "must be a text in quotes, a whole number"),
    ("default = 5", 'type = "dial" #!', "must be one of 'select', 'number'"),
    ("options = [{ value = 5 }, { value = 10 }]", 'unit = "s"', "a select needs options"),
    ("options = [{ value = 5 }, { value = 10 }]", 'options = [{ value = 5 },\n{ value = "5" }] #!', "there already"),
    ('type = "number"', 'type = "number" \nminimum = 5 #!\nmaximum = 1', "above the maximum"),
    ('type = "number"', 'type = "number"\nstep = 0 #!', "a step is above 0"),
    ('field = "images"', 'field = "seed" #!', "a parameter already"),
    ('field = "images"', "upload = true #!", "by their addresses only"),
    ('field = "images"', 'kinds = ["smell"] #!', "image, video, audio"),
    ('field = "images"', "max_count = 0 #!", "at least 1"),
    ('field = "images"', 'choice = "way" #!', "no parameter “way”"),
    ('field = "images"', 'choice = "seed" #!', "must be a select"),
    ('field = "images"', 'slots = [{ field = "a", most = 2 }] #!', "only where array"),
    ('field = "images"', 'slots = [{ field = "a", kind = "video" }] #!', "none of this model's kinds"),
    ('field = "images"', 'slots = [{ field = "a", choice = "x" }] #!', "no option of the parameter"),
    ("least = 1", "least = 9 ", "least is not above most"),
    ("[models.estimate]", "[models.estimates] #!", "did you mean “estimate”"),
    ("idempotent = false", 'idempotent = "no" #!', "must be true or false"),
    ("idempotent = false", 'at_once = "3" #!', "must be a whole number"),
    ("idempotent = false", "result_hours = true #!", "must be a number"),
    ("idempotent = false", "site = 2026-01-01 #!", "a date or time"),
    ("idempotent = false", 'site = "javascript:x" #!', "with https://"),
    ("idempotent = false", 'tails = ["/a", "/"] #!', "a path of a call"),
    ("idempotent = false", 'server = { form = "json" } #!', "only a server that speaks"),
    ('base_url = "https://api.example.com"', 'base_url = "https://api.example.com/{id}" #!', "nothing is filled in"),
    ('header = "X-Key"', 'template = "{key}}" #!', "write {key} once"),
    ('"X-Version" = "1"', '"X-Version" = "1"\n"x-version" = "2" #!', "is there already"),
    ('path = "/tasks"', 'path = "/tasks"\nidempotency_header = "x-key" #!', "carries something else"),
    ('"input.format" = "mp4"', '"" = "mp4" #!', "write the place"),
    ('path = "/tasks/{id}"', 'path = "/tasks" #!\nmethod = "POST"\nbody = { "{id}" = "x" }', "write {id} where"),
    ('id = "$.id"', 'id = "$[?@.a == 1e999]" #!', "cannot convert"),
    ('key = "seed"', 'key = "intent" #!', "our own id"),
    ('type = "number"', 'type = "number"\nmaximum = 1e16 #!', "15 digits"),
    ('type = "number"', 'type = "text"\nmax_length = 0 #!', "at least 1 character"),
    ('type = "number"', 'type = "number"\nstep = 2\ndefault = 1 #!', "in steps of 2"),
    ('type = "number"', 'type = "text"\nwire = "integer" #!', "whole numbers"),
    ('type = "number"', 'type = "number"\nwire = "boolean" #!', "true and false"),
    ('name = "One"', 'name = "One"\ncredits = -1 #!', "at least 0"),
    ('field = "images"', 'field = "prompt" #!', "taken by every request"),
    ('field = "images"', "max_bytes = 0 #!", "at least 1"),
    ('field = "images"', "sizes = [[0, 5]] #!", "at least 1"),
    ('field = "images"', 'limits = [{ kind = "smell" }] #!', "image, video or audio"),
    ('field = "images"', 'slots = [{ field = "a" }, { field = "a" }] #!', "write most and array"),
]

BEYOND = (
    "ships", "least is not above most", "carries", "used twice", "leaves a gap", "no model has a parameter",
    "no object", "unexpected", "not defined", "stand in it once", "already", "it takes 5", "the maximum",
    "no parameter “way”", "a select", "none of this model", "no option of", "in steps of", "most and array",
    "cannot convert",
)  # fmt: skip
"""Parts of the reasons of what no schema can hold: it depends on several places, or on what a JSONPath means."""


@pytest.mark.parametrize(("old", "new", "reason"), CASES)
def test_every_fault_is_named_with_its_line(old: str, new: str, reason: str):
    assert BASE.count(old) >= 1
    text = BASE.replace(old, new, 1)
    examined = examine(text, jsonpaths.fault, taken={"rivya": "a service that ships with the program"})
    assert examined.provider is None
    told = [str(finding) for finding in examined.findings]
    assert any(reason in each for each in told), told
    marked = {number for number, line in enumerate(text.splitlines(), 1) if line.endswith("#!")}
    assert not marked or marked <= {finding.line for finding in examined.findings}, told
    assert len(told) <= 2, told
    for finding in examined.findings:
        assert finding.words.said(str) == str(finding)
        assert finding.words.said("»{}".format).count("»") >= 2, "its frame and its reason, each by its own template"


def test_nothing_is_wrong_with_the_whole():
    examined = examine(BASE, jsonpaths.fault)
    assert examined.findings == () and examined.provider is not None
    assert examined.provider.wire is not None and examined.provider.wire.task.id == ("$.id",)


def test_everything_wrong_is_told_at_once():
    text = BASE.replace('name = "Mine"', 'nmae = "Mine"\nname = "Mine"').replace('path = "/tasks"', 'path = "tasks"')
    text = text.replace("default = 5", "default = 7").replace('id = "$.id"', 'id = "id"')
    lines = [finding.line for finding in examine(text, jsonpaths.fault).findings]
    assert lines == [2, 14, 23, 34]


def test_what_follows_from_a_misspelt_key_is_not_told_as_well():
    text = BASE.replace("options = [{ value = 5 }", "optoins = [{ value = 5 }")
    [finding] = examine(text, jsonpaths.fault).findings
    assert finding.place == "models[0].params[0].optoins" and "options" in finding.reason


def test_odd_files():
    assert examine("x" * (MAX_FILE + 1), jsonpaths.fault).findings[0].line == 1
    assert "nested" in examine("a = " + "[" * 5000 + "]" * 5000, jsonpaths.fault).findings[0].reason
    assert examine("", jsonpaths.fault).provider is None
    assert examine("models = 5", jsonpaths.fault).provider is None
    assert examine("[[wire]]\n[[models]]\n[[models.params]]\n", jsonpaths.fault).provider is None


def test_a_shipped_file_is_held_to_the_same():
    with pytest.raises(CatalogError, match=r"odd\.toml: wire\.create\.path: .* must begin"):
        parse(BASE.replace('path = "/tasks"', 'path = "tasks"'), "odd.toml")


# The JSON Schema.


@pytest.fixture(scope="module")
def validator() -> Any:
    made = schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def test_the_schema_takes_every_file_that_ships_and_the_example(validator: Any):
    files = [*resource("catalog").glob("*.toml"), resource("examples", "provider.toml")]
    assert len(files) >= 5
    for file in files:
        assert [error.message for error in validator.iter_errors(tomllib.loads(file.read_text("utf-8")))] == []
    assert validator.is_valid(tomllib.loads(BASE))


def test_the_schema_refuses_what_the_check_refuses(validator: Any):
    """All but what depends on several places of the file."""
    taken: list[str] = []
    for old, new, reason in CASES:
        if reason != "this is no TOML" and "a date" not in reason:
            beyond = any(part in reason for part in BEYOND) or "{id}" in new.partition("body")[2]
            if validator.is_valid(tomllib.loads(BASE.replace(old, new, 1))) and not beyond:
                taken.append(new)
    assert taken == []


def test_every_key_of_the_schema_is_described():
    made = schema()
    records = {"Provider": made, **made["$defs"]}
    bare = [
        f"{name}.{key}"
        for name, record in records.items()
        for key, field in record.get("properties", {}).items()
        if not field.get("description")
    ]
    assert bare == []


# The example and the documents.


def test_the_example_can_be_used_and_so_can_everything_it_leaves_out():
    text = resource("examples", "provider.toml").read_text("utf-8")
    assert examine(text, jsonpaths.fault).findings == ()
    written = re.sub(r'^# ?(?=(\[+[a-z"]|[a-z_]+ = |"[A-Za-z._-]+" = ))', "", text, flags=re.MULTILINE)
    written = written.replace("has_balance = true  ", "has_balance = true  ").replace('field = "image_urls"\n#\n', "")
    examined = examine(written, jsonpaths.fault)
    assert [str(finding) for finding in examined.findings] == []
    wire = examined.provider and examined.provider.wire
    assert wire and wire.result and wire.balance and wire.check and wire.tasks and wire.error.codes and wire.headers
    assert wire.poll.method == "POST" and examined.provider.models[0].references


def test_the_service_of_the_documents_can_be_used():
    text = Path("docs/providers.md").read_text("utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert blocks
    whole = [examine(block, jsonpaths.fault) for block in blocks if block.lstrip().startswith(("id =", "#:schema"))]
    assert whole and all(examined.findings == () for examined in whole)


# The command line.


def sora(*argv: str) -> int:
    return cli.run(cli.parse(["providers", *argv]))


def test_the_command_names_file_line_and_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "mine.toml"
    file.write_text(BASE.replace('path = "/tasks"', 'path = "tasks"'), "utf-8")
    assert sora("check", str(file)) == 1
    assert capsys.readouterr().out.startswith(f"{file}:13: wire.create.path: ")
    assert sora("check", str(file), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], [each["line"] for each in told["problems"]]) == (False, [13])
    file.write_text(BASE, "utf-8")
    assert sora("check", str(file)) == 0
    assert "nothing is wrong" in capsys.readouterr().out
    assert sora("check", str(tmp_path / "none.toml")) == 1
    assert "cannot be read" in capsys.readouterr().out
    file.write_bytes(BASE.encode().replace(b"Mine", b"\xff"))
    assert sora("check", str(file)) == 1
    assert capsys.readouterr().out.startswith(f"{file}:2: this is no UTF-8")


def test_a_shipped_file_may_be_looked_at_and_its_copy_needs_an_id_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    shipped = resource("catalog", "globalaiopc_v2.toml")
    assert sora("check", str(shipped)) == 0
    (tmp_path / "copy.toml").write_text(shipped.read_text("utf-8"), "utf-8")
    assert sora("check", str(tmp_path / "copy.toml")) == 1
    assert "choose another one" in capsys.readouterr().out


def test_the_list_names_the_folder_the_files_and_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "providers"
    folder.mkdir()
    (folder / "mine.toml").write_text(BASE, "utf-8")
    (folder / "odd.toml").write_text("id = 5", "utf-8")
    assert sora("list", "--data-dir", str(tmp_path)) == 0
    told = capsys.readouterr()
    assert re.search(r"^mine +Mine +described +1 +mine\.toml$", told.out, re.MULTILINE)
    assert str(folder) in told.out and "odd.toml:1: id: must be a text" in told.err
    assert sora("list", "--json", "--data-dir", str(tmp_path)) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {each["id"]: each["file"] for each in listed["providers"]}["mine"] == "mine.toml"


def test_schema_and_example_are_printed(capsys: pytest.CaptureFixture[str]):
    assert sora("schema") == 0
    assert json.loads(capsys.readouterr().out)["$schema"].startswith("https://json-schema.org/")
    assert sora("example") == 0
    assert examine(capsys.readouterr().out, jsonpaths.fault).findings == ()


def test_a_start_without_files_of_the_users_brings_no_library():
    code = (
        "import sys; from sora_desktop import assembly; from sora_desktop.storage.catalog import load_catalog;"
        "assert load_catalog().provider('globalaiopc_v2').wire;"
        "print([name for name in ('jsonpath', 'jsonschema') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("at_most = 1" + "0" * 5000, "a number in it is too long"),
        (".".join("a" * 3000) + " = 1", "nested too deeply"),
        ("x = " + "[" * 60 + "]" * 60, "nested too deeply"),
        ("[wire.create.fixed]\nx = [1, { y = nan }]", "must be a number with an end"),
        ("result_hours = inf", "must be a number with an end"),
    ],
)
def test_numbers_and_depths_that_nothing_can_hold_are_told_and_never_raise(line: str, reason: str) -> None:
    examined = examine(line, jsonpaths.fault)
    assert examined.provider is None and reason in examined.findings[0].reason
