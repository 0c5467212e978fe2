"""What a card says of its reference under a rule: facts, what a click would do, what only the user can mend."""

from __future__ import annotations

from dataclasses import dataclass

from sora_desktop.core import fixes, references
from sora_desktop.core.fixes import Fix, FixKind, Miss
from sora_desktop.core.pictures import turned
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.ui.references.card import Report
from sora_desktop.ui.references.looks import ICONS, facts, firsts, fix_words, made_words, tr
from sora_desktop.ui.references.workshop import Made
from sora_desktop.ui.widgets.basic import plain
from sora_desktop.ui.words import sentence


@dataclass(frozen=True, slots=True)
class Known:
    """What was found out about a reference: what its plan makes of it, and what is wrong with its file or address."""

    made: Made | None = None
    error: str = ""
    checking: bool = False
    pinned: bool | None = None


def open_fixes(reference: Reference, rule: ReferenceRule, aspect: str) -> list[Fix]:
    """The clicks that a picture of the user's still needs, the best of each miss."""
    if reference.picture is None or reference.kind not in rule.kinds:
        return []
    return firsts(fixes.needs(rule, reference.picture, reference.plan, aspect, reference.name))


def report(
    reference: Reference, rule: ReferenceRule | None, aspect: str, known: Known, *, hosted: bool, several: bool
) -> Report:
    """Everything a card says. Without a rule there is only what is known of the file."""
    if rule is None:
        return Report(facts=facts(reference), tip=plain(facts(reference)), pinned=known.pinned)
    needed = open_fixes(reference, rule, aspect)
    mendable = {(fix.problem.code) for fix in needed}
    problems = [
        problem
        for problem in references.check(rule, [reference], aspect, hosted=hosted)
        if problem.code not in mendable
    ]
    errors = [known.error] if known.error else [sentence(problem) for problem in problems]
    link, codes = "", {problem.code for problem in problems}
    if known.error and reference.path:
        link = tr("Choose the file again…")
    elif "reference_needs_url" in codes:
        link = tr("Set up a reference host…")
    elif reference.url and not reference.path and hosted and codes and not known.error:
        link = tr("Fetch a copy and fix it")
    said = _facts(reference, known)
    return Report(
        facts=said,
        hints=() if known.error else _hints(reference, needed),
        hint_icon=ICONS[needed[0].kind] if needed else "crop",
        hint_tip=plain("\n".join(sentence(fix.code, fix.args) for fix in needed)),
        errors=tuple(errors),
        link=link,
        tip=plain(_tip(reference, said)),
        adjustable=reference.picture is not None and not known.error,
        cut=_cut(reference, needed),
        several=several,
        pinned=known.pinned,
    )


def _facts(reference: Reference, known: Known) -> str:
    if known.made is not None:
        return made_words(known.made.size, known.made.mime, known.made.bytes, known.made.quality)
    if known.checking:
        return tr("Looking at the address…")
    return facts(reference)


def _hints(reference: Reference, needed: list[Fix]) -> tuple[str, ...]:
    """What the fixes do, in shorter and shorter words."""
    if reference.picture is None or not needed:
        return ()
    return fix_words(reference.picture, reference.plan, needed)


def _cut(reference: Reference, needed: list[Fix]) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The frame of the cut that Fix would make."""
    cut = next((fix for fix in needed if fix.miss is Miss.SHAPE and fix.kind is FixKind.CROP), None)
    if cut is None or cut.plan.crop is None or reference.picture is None:
        return None
    return turned(reference.picture.size, cut.plan.rotate), cut.plan.crop.size


def _tip(reference: Reference, said: str) -> str:
    lines = [reference.name or reference.url, said]
    if reference.picture is not None:
        lines += [sentence(note.code, note.args) for note in fixes.notes(reference.picture, reference.plan)]
    return "\n".join(dict.fromkeys(filter(None, lines)))


def refitted(rule: ReferenceRule, reference: Reference, aspect: str) -> Reference:
    """The reference with its plan following the rule: a box that was set keeps its middle and its zoom."""
    if reference.picture is None:
        return reference
    plan = fixes.refit(rule, reference.picture, reference.plan, aspect)
    return reference.model_copy(update={"plan": plan}) if plan != reference.plan else reference
