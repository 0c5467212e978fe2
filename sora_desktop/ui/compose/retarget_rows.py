"""The comparison of a draft on two models, as rows of words. No widgets."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from sora_desktop.core.catalog import Model
from sora_desktop.core.drafts import Draft
from sora_desktop.core.pricing import estimate
from sora_desktop.core.request import prompt_length
from sora_desktop.core.retarget import Fate, Line, Retarget
from sora_desktop.ui.model_words import bounded, price
from sora_desktop.ui.words import number, sentence

MOST_VALUE = 80
ORDER = (Fate.DROPPED, Fate.CHANGED, Fate.SAME, Fate.NEW)

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Row:
    """One thing: what it is called, what it was, what it will be, and what happens, with an icon in a tone."""

    name: str
    old: str
    new: str
    happens: str
    icon: str = "check"
    tone: str = "success"


def rows_of(draft: Draft, old: Model | None, new: Model, found: Retarget) -> list[Row]:
    """The prompt, then what is dropped and changed, what stays, what is new; references; the price."""
    lines = sorted(found.lines, key=lambda line: ORDER.index(line.fate))
    return [_prompt(draft, new, found), *(_line(line) for line in lines), *_references(draft, found), _price(old, new)]


def summary(found: Retarget) -> str:
    """The comparison in one sentence."""
    same, changed, dropped = (len(found.of(fate)) for fate in (Fate.SAME, Fate.CHANGED, Fate.DROPPED))
    counts = (
        (same, translate("Retarget", "1 goes along"), translate("Retarget", "{0} go along")),
        (changed, translate("Retarget", "1 changes"), translate("Retarget", "{0} change")),
        (dropped, translate("Retarget", "1 is dropped"), translate("Retarget", "{0} are dropped")),
    )
    parts = [one if count == 1 else more.format(count) for count, one, more in counts if count]
    said = ", ".join(parts) or translate("Retarget", "there are none to take along")
    return translate("Retarget", "The prompt stays whole. Parameters: {0}.").format(said)


def remaining(found: Retarget) -> str:
    """What has to be mended after it, a sentence a line; an empty prompt is no fault of the new model."""
    texts = [sentence(problem) for problem in found.problems if problem.code != "prompt_empty"]
    return "\n".join(dict.fromkeys(texts))


def _line(line: Line) -> Row:
    own = translate("Retarget", "{0} (its own)")
    nothing, service = "—", translate("Retarget", "The service’s choice")
    old = bounded([line.old], MOST_VALUE)
    new = bounded([line.new], MOST_VALUE)
    if line.old and not line.old_set:
        old = own.format(old)
    if line.new and not line.new_set:
        new = own.format(new)
    match line.fate:
        case Fate.SAME:
            return Row(line.name, old or nothing, new or nothing, translate("Retarget", "Goes along"))
        case Fate.CHANGED:
            return Row(line.name, old, new, sentence(line.code, line.args), "alert", "warning")
        case Fate.DROPPED:
            return Row(line.name, old, new or nothing, sentence(line.code, line.args), "x", "danger")
        case Fate.NEW:
            return Row(
                line.name, nothing, new or service, translate("Retarget", "Only the new model has it"), "plus", "muted"
            )


def _prompt(draft: Draft, new: Model, found: Retarget) -> Row:
    length = number(prompt_length(draft.prompt))
    old = translate("Retarget", "{0} characters").format(length)
    limit = new.prompt_limit
    then = old if limit is None else translate("Retarget", "{0} of {1}").format(length, number(limit))
    name = translate("Retarget", "Prompt")
    wrong = next((problem for problem in found.problems if problem.code == "prompt_too_long"), None)
    if wrong is not None:
        return Row(name, old, then, sentence(wrong), "fail", "danger")
    return Row(name, old, then, translate("Retarget", "Stays as it is"))


def _references(draft: Draft, found: Retarget) -> list[Row]:
    """Each reference, with what the new model has against it."""
    name = translate("Retarget", "Reference")
    wrong = [problem for problem in found.problems if problem.field == "references"]
    of_all = [problem for problem in wrong if "name" not in problem.args]
    rows: list[Row] = []
    for reference in draft.references:
        called = reference.name or reference.url or reference.path
        mine = [problem for problem in wrong if problem.args.get("name") == called] or of_all
        shown = bounded([called], MOST_VALUE)
        said = " ".join(dict.fromkeys(sentence(problem) for problem in mine))
        stays = translate("Retarget", "Goes along")
        rows.append(Row(name, shown, shown, said or stays, *(("fail", "danger") if mine else ("check", "success"))))
    return rows


def _price(old: Model | None, new: Model) -> Row:
    before = price(old, estimate(old, {})) if old else "—"
    after = price(new, estimate(new, {}))
    same = before == after
    happens = translate("Retarget", "The same") if same else translate("Retarget", "What one clip costs")
    return Row(
        translate("Retarget", "Price"), before, after, happens, *(("check", "success") if same else ("coin", "muted"))
    )
