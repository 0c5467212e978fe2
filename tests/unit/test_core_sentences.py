"""Every code that is used anywhere has a sentence, and every place in it is filled."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import sora_desktop
from sora_desktop.core.sentences import SENTENCES, say
from sora_desktop.providers import transport
from sora_desktop.providers.rivya import CODES

ROOT = Path(sora_desktop.__file__).parent
SAYING = {"UserError": "", "EnvironmentProblem": "", "wrong": "core"} | dict.fromkeys(
    ("not_sent", "_unread", "say"), "providers"
)
"""Calls whose first argument is a code, and the room where that is what the name means."""
CARRYING = {"Failure", "Problem", "Note"}
"""Calls whose `code` is one."""


def places(code: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(SENTENCES[code]) if name}


def called(node: ast.Call) -> str:
    return (
        node.func.id
        if isinstance(node.func, ast.Name)
        else node.func.attr
        if isinstance(node.func, ast.Attribute)
        else ""
    )


def texts(node: ast.expr | None) -> Iterator[str]:
    """The constant texts that an expression can be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def named_code(target: ast.expr, value: ast.expr) -> Iterator[str]:
    """The texts that are given to a variable called `code`."""
    if isinstance(target, ast.Name) and target.id == "code":
        yield from texts(value)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, text in zip(target.elts, value.elts, strict=False):
            yield from named_code(one, text)


def uses() -> Iterator[tuple[str, str, set[str] | None]]:
    """(where, code, names of its arguments, None where they are not written out)."""
    for file in sorted(ROOT.rglob("*.py")):
        if "simulator" in file.relative_to(ROOT).parts:
            continue  # Its codes are the services', not ours.
        text = file.read_text("utf-8")
        if not any(name in text for name in ("code", *SAYING, *CARRYING)):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Assign) and file.relative_to(ROOT).parts[0] in {"providers", "engine"}:
                for code in named_code(node.targets[0], node.value):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", code, None
            if not isinstance(node, ast.Call):
                continue
            name = called(node)
            named = {keyword.arg: keyword.value for keyword in node.keywords}
            where = f"{file.relative_to(ROOT)}:{node.lineno}"
            if name in SAYING and node.args and where.startswith(SAYING[name]):
                given = None if None in named or name not in {"UserError", "say"} else {key for key in named if key}
                if given is not None and name == "say" and isinstance(node.func, ast.Name):
                    given.add("model")  # `Notes.about` adds it.
                for code in texts(node.args[0]):
                    yield where, code, given
            if name in CARRYING:
                args = named.get("args")
                given = set() if args is None else None
                if isinstance(args, ast.Dict) and None not in args.keys:
                    given = {text for key in args.keys for text in texts(key)}
                for code in texts(named.get("code")):
                    yield where, code, given
            if name == "Meaning":
                for code in texts(node.args[1] if len(node.args) > 1 else named.get("code")):
                    yield where, code, {"status"}


USES = sorted({(where, code, None if given is None else frozenset(given)) for where, code, given in uses()}, key=str)


def test_the_search_finds_them():
    found = {code for _, code, _ in USES}
    assert {
        "prompt_empty",
        "key_empty",
        "redirected",
        "answer_broken",
        "key_revoked",
        "disk_full",
        "generation_failed",
        "result_link_dead",
        "list_range",
        "list_more",
    } <= found


@pytest.mark.parametrize(("where", "code", "given"), USES, ids=[f"{where} {code}" for where, code, _ in USES])
def test_every_code_has_a_sentence_and_its_arguments(where: str, code: str, given: frozenset[str] | None):
    assert code in SENTENCES, where
    if given is not None:
        assert places(code) <= given, where


def test_the_codes_of_the_way_and_of_the_service():
    for code in [*transport.BEFORE.values(), *(meaning.code for meaning in CODES.values())]:
        assert code in SENTENCES
        assert places(code) <= {"host", "url", "status"}


@pytest.mark.parametrize("code", SENTENCES)
def test_every_sentence_is_one(code: str):
    template = SENTENCES[code]
    args = dict.fromkeys(places(code), "X")
    sentence = say(code, args)
    assert sentence.count("…") == template.count("…")
    assert not any(f"{{{name}}}" in sentence for name in args)
    assert sentence.endswith((".", "?", "…", "X"))
    assert say(code).count("…") == template.count("…") + sum(template.count(f"{{{name}}}") for name in args)


def test_a_missing_argument_or_sentence_costs_no_crash():
    assert say("prompt_too_long") == "The prompt is … characters too long: this model takes …."
    assert say("no_such_code") == "no_such_code"


def test_an_argument_is_put_in_as_it_is():
    assert say("account_unknown", {"name": "{limit} %s"}) == say("account_unknown", {"name": "Y"}).replace(
        "Y", "{limit} %s"
    )


def test_the_template_is_translated_not_the_sentence():
    assert say("url_invalid", {"url": "x"}, lambda text: text.replace("is no web address", "ist keine")).startswith(
        "“x” ist"
    )
