"""What a rule misses in a picture, each miss with the click that mends it; shown before money is spent."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from sora_desktop.core.frozen import Frozen
from sora_desktop.core.params import Param, Problem, Values, as_text, controls
from sora_desktop.core.pictures import (
    JPEG,
    PLAIN_MODES,
    PNG,
    WEBP,
    Picture,
    Plan,
    Size,
    box_around,
    centre_box,
    inside,
    ratio_words,
    result_size,
    same_ratio,
    size_words,
    turned,
    zoom_of,
)

if TYPE_CHECKING:
    from sora_desktop.core.references import ReferenceRule

COMMON = (JPEG, PNG, WEBP)
"""The types that every service reads, for a rule that names none."""


TYPE_WORDS = {
    WEBP: "WebP",
    "image/heif": "HEIC",
    "image/heic": "HEIC",
    "video/quicktime": "MOV",
    "video/webm": "WebM",
    "audio/mpeg": "MP3",
    "audio/mp4": "M4A",
    "audio/x-wav": "WAV",
}
"""Types that people call by another word than their last part in capitals."""


class FixKind(StrEnum):
    """What a click does."""

    CROP = "crop"
    BARS = "bars"
    RESIZE = "resize"
    ROTATE = "rotate"
    CONVERT = "convert"
    SHRINK = "shrink"


class Miss(StrEnum):
    """What is not as the rule wants it. One fix of each miss is enough: the first is what we would do."""

    SHAPE = "shape"
    TYPE = "type"
    WEIGHT = "weight"


class Fix(Frozen):
    """One click. `code` and `args` are the sentence of what will happen, `plan` the reference's plan with it done,
    `problem` the sentence of what is wrong without it."""

    kind: FixKind
    miss: Miss
    code: str
    args: dict[str, str]
    plan: Plan
    problem: Problem


class Note(Frozen):
    """Something that happens to a picture anyway, without a click: the code and places of its sentence."""

    code: str
    args: dict[str, str]


def chosen_aspect(params: Sequence[Param], values: Values) -> str:
    """The chosen ratio in shared words ("16:9"), of the parameter whose role it is; empty where there is none."""
    for control in controls(params):
        if control.param.role != "aspect":
            continue
        value = control.value(values)
        value = control.param.default if value is None else value
        option = control.param.option(value) if value is not None else None
        return (option.means or as_text(option.value)) if option else ""
    return ""


def ratio_of(aspect: str) -> Size | None:
    """ "16:9" as (16, 9); None for what is no ratio."""
    width, _, height = aspect.partition(":")
    whole = width.isdecimal() and height.isdecimal() and int(width) > 0 and int(height) > 0
    return (int(width), int(height)) if whole else None


def targets(rule: ReferenceRule, aspect: str) -> tuple[Size, ...]:
    """The exact sizes that are right for the chosen ratio, of those the rule names; empty where it names none."""
    ratio = ratio_of(aspect) if rule.match_aspect else None
    fitting = tuple(size for size in rule.sizes if ratio is None or same_ratio(size, ratio))
    return fitting or rule.sizes


def needs(rule: ReferenceRule, picture: Picture, plan: Plan, aspect: str = "", name: str = "") -> list[Fix]:
    """Every miss that is left once `plan` is done, with its fixes, the best of a miss first; empty when all is well.

    `aspect` is the chosen ratio (`chosen_aspect`). Whether a re-made picture stays under the limit is settled when it
    is made: `fitted` puts the limit into its plan.
    """
    return [
        *_shape_fixes(rule, picture, plan, aspect, name),
        *_type_fixes(rule, picture, plan, name),
        *_weight_fixes(rule, picture, plan, name),
    ]


def mended(rule: ReferenceRule, picture: Picture, plan: Plan, aspect: str = "") -> Plan:
    """`plan` with the first fix of every miss: what "Fix all" does."""
    for _ in Miss:
        found = needs(rule, picture, plan, aspect)
        if not found:
            break
        plan = found[0].plan
    return plan


def refit(rule: ReferenceRule, picture: Picture, plan: Plan, aspect: str) -> Plan:
    """`plan` after the ratio or the model changed: a box that the user set keeps its middle and its zoom.

    A plan that does nothing about the shape stays as it is, so that nothing is cut without a click.
    """
    if plan.size is None and plan.crop is None:
        return plan
    base = turned(picture.size, plan.rotate)
    sizes, ratio = targets(rule, aspect), ratio_of(aspect)
    target = _nearest(sizes, result_size(picture.size, plan)) if sizes else None
    shape = target or (ratio if rule.match_aspect else None)
    if shape is None:
        return plan.model_copy(update={"size": None})
    if plan.fit == "bars" or plan.crop is None:
        return plan.model_copy(update={"size": target})
    box = inside(plan.crop, base)
    if not same_ratio(box.size, shape):
        old = result_size(picture.size, plan)
        centre = (box.x + box.width / 2, box.y + box.height / 2)
        box = box_around(centre, base, shape, zoom_of(box, base, old))
    return plan.model_copy(update={"crop": box, "size": target})


def fitted(rule: ReferenceRule, plan: Plan) -> Plan:
    """`plan` with the rule's limit of bytes in it: what is made stays under it."""
    limits = [limit for limit in (plan.max_bytes, rule.max_bytes) if limit]
    return plan.model_copy(update={"max_bytes": min(limits)}) if limits else plan


def notes(picture: Picture, plan: Plan) -> list[Note]:
    """What happens without a click, so that nobody is surprised by what arrives."""
    found: list[tuple[str, dict[str, str]]] = []
    if picture.orientation != 1:
        found.append(("note_upright", {}))
    if picture.has_metadata and not plan.keep_metadata:
        found.append(("note_place_removed" if picture.has_place else "note_metadata_removed", {}))
    if picture.animated:
        found.append(("note_first_frame", {"frames": str(picture.frames)}))
    if picture.mode not in PLAIN_MODES:
        found.append(("note_colours", {"mode": picture.mode}))
    if picture.has_alpha and plan.mime == JPEG:
        found.append(("note_backdrop", {}))
    return [Note(code=code, args=args) for code, args in found]


def untouched(picture: Picture, plan: Plan) -> bool:
    """Whether the file can be sent as it is, its metadata apart."""
    base = picture.size
    reshaped = plan.rotate != 0 or result_size(base, plan) != base or plan.crop is not None
    remade = reshaped or picture.orientation != 1 or picture.animated or picture.mode not in PLAIN_MODES
    converted = bool(plan.mime) and plan.mime != picture.mime
    too_heavy = plan.max_bytes is not None and picture.bytes > plan.max_bytes
    return not (remade or converted or too_heavy)


def _shape_fixes(rule: ReferenceRule, picture: Picture, plan: Plan, aspect: str, name: str) -> list[Fix]:
    sizes, ratio = targets(rule, aspect), ratio_of(aspect)
    now = result_size(picture.size, plan)
    if sizes:
        if now in sizes:
            return []
        target = _nearest(sizes, now)
        words = " / ".join(size_words(size) for size in sizes)
        problem = _problem("reference_size", name, size=size_words(now), sizes=words)
        return _reshapings(picture, plan, target, target, problem)
    if rule.match_aspect and ratio is not None and not same_ratio(now, ratio):
        problem = _problem("reference_ratio", name, ratio=aspect, size=size_words(now))
        return _reshapings(picture, plan, None, ratio, problem)
    return []


def _reshapings(picture: Picture, plan: Plan, target: Size | None, ratio: Size, problem: Problem) -> list[Fix]:
    def fix(kind: FixKind, code: str, plan: Plan) -> Fix:
        args = {"ratio": ratio_words(ratio), "size": size_words(target) if target else ratio_words(ratio)}
        return Fix(kind=kind, miss=Miss.SHAPE, code=code, args=args, plan=plan, problem=problem)

    base = turned(picture.size, plan.rotate)
    box = inside(plan.crop, base) if plan.crop else None
    if target is not None and same_ratio((box.size if box else base), ratio):
        larger = target[0] > (box.width if box else base[0])
        code = "fix_enlarge" if larger else "fix_resize"
        return [fix(FixKind.RESIZE, code, plan.model_copy(update={"size": target, "fit": "crop"}))]
    found: list[Fix] = []
    crop = centre_box(base, ratio)
    larger = target is not None and target[0] > crop.width
    code = "fix_crop_enlarge" if larger else "fix_crop" if target else "fix_crop_only"
    cropped = plan.model_copy(update={"crop": crop, "size": target, "fit": "crop"})
    found.append(fix(FixKind.CROP, code, cropped))
    canvas = target or _canvas(base, ratio)
    barred = plan.model_copy(update={"crop": None, "size": canvas, "fit": "bars"})
    found.append(fix(FixKind.BARS, "fix_bars", barred))
    if (base[0] > base[1]) != (ratio[0] > ratio[1]) and base[0] != base[1]:
        rotate = (plan.rotate + 90) % 360
        crop = centre_box((base[1], base[0]), ratio)
        rotated = plan.model_copy(update={"rotate": rotate, "crop": crop, "size": target, "fit": "crop"})
        found.append(fix(FixKind.ROTATE, "fix_rotate", rotated))
    return found


def _type_fixes(rule: ReferenceRule, picture: Picture, plan: Plan, name: str) -> list[Fix]:
    taken = rule.mime_types or COMMON
    now = plan.mime or picture.mime
    if now in taken:
        return []
    wanted = best_type(taken, alpha=picture.has_alpha)
    if not wanted:
        return []
    problem = _problem("reference_mime", name, types=", ".join(type_words(mime) for mime in sorted(taken)))
    code = "fix_convert_flat" if picture.has_alpha and wanted == JPEG else "fix_convert"
    args = {"from": type_words(now), "to": type_words(wanted)}
    update = {"mime": wanted, "max_bytes": rule.max_bytes}
    plan = plan.model_copy(update=update)
    return [Fix(kind=FixKind.CONVERT, miss=Miss.TYPE, code=code, args=args, plan=plan, problem=problem)]


def _weight_fixes(rule: ReferenceRule, picture: Picture, plan: Plan, name: str) -> list[Fix]:
    limit = rule.max_bytes
    settled = plan.max_bytes is not None and limit is not None and plan.max_bytes <= limit
    if limit is None or settled or picture.bytes <= limit:
        return []
    taken = rule.mime_types or COMMON
    now = plan.mime or picture.mime
    lossy = [mime for mime in (WEBP, JPEG) if mime in taken] if picture.has_alpha else [JPEG, WEBP]
    wanted = now if now in (JPEG, WEBP) else next((mime for mime in lossy if mime in taken), now)
    words = f"{limit / 1_000_000:g}"
    problem = _problem("reference_bytes", name, limit=words)
    fixed = plan.model_copy(update={"mime": wanted, "max_bytes": limit})
    args = {"limit": words, "to": type_words(wanted)}
    return [Fix(kind=FixKind.SHRINK, miss=Miss.WEIGHT, code="fix_shrink", args=args, plan=fixed, problem=problem)]


def best_type(taken: Sequence[str], *, alpha: bool) -> str:
    """The type to save as, of those that are taken; empty where none of them can be made here."""
    order = (PNG, WEBP, JPEG) if alpha else (JPEG, PNG, WEBP)
    return next((mime for mime in order if mime in taken), "")


def type_words(mime: str) -> str:
    """A type as people call it: "JPEG", "WebP", "HEIC"."""
    return TYPE_WORDS.get(mime) or mime.split("/")[-1].upper()


def _nearest(sizes: Sequence[Size], now: Size) -> Size:
    """Of several sizes the one with the most similar ratio."""
    return min(sizes, key=lambda size: abs(size[0] / size[1] - now[0] / now[1]))


def _canvas(size: Size, ratio: Size) -> Size:
    """The smallest canvas of `ratio` that holds `size`."""
    scale = max(size[0] / ratio[0], size[1] / ratio[1])
    return round(ratio[0] * scale), round(ratio[1] * scale)


def _problem(code: str, name: str, **args: str) -> Problem:
    return Problem(field="references", code=code, args={"name": name, **args})
