"""Reference pictures, clips and sounds: what a model takes, and whether one fits."""

from __future__ import annotations

from collections.abc import Sequence

from sora_desktop.core import fixes
from sora_desktop.core.frozen import Frozen, Kept
from sora_desktop.core.params import Problem, Scalar, as_text
from sora_desktop.core.pictures import Picture, Plan, same_ratio, size_words

MANY = {"image": "images", "video": "videos", "audio": "sounds"}
"""Kinds as people call several of them."""


class Slot(Frozen):
    """One of a model's fields for references: the first `most` of them that are left go there, in their order.

    `array`: the field takes a list of addresses, else a single one. `kind` takes only references of that kind. `choice`
    is the value of the rule's `choice` parameter at which the slot counts; empty always.
    """

    field: str
    most: int = 1
    array: bool = False
    kind: str = ""
    choice: str = ""


class KindLimit(Frozen):
    """What holds for one kind of references where the kinds differ."""

    kind: str
    max_bytes: int | None = None
    mime_types: tuple[str, ...] = ()


class ReferenceRule(Frozen):
    """What a model takes as references.

    `max_bytes` and `mime_types` are those of pictures, where it takes them; `limits` has those of other kinds. `sizes`
    are allowed pixel sizes as (width, height); empty means any. `field` is the wire field, `alternatives` the fields
    that exclude it. `slots` are there instead of `field` where a model has several fields (first picture, last
    picture, …); `choice` is then the key of a parameter that says which of them count, and that is not sent. `upload`:
    the provider takes files in a call of their own, before the create call. `attach`: the file itself travels in the
    create call (contract: openai_videos, `input_reference`). `urls`: a public address is sent as it is; else what is
    there is fetched and uploaded.
    """

    max_count: int = 1
    kinds: tuple[str, ...] = ("image",)
    max_bytes: int | None = None
    mime_types: tuple[str, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()
    match_aspect: bool = False
    field: str = "references"
    alternatives: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()
    choice: str = ""
    upload: bool = False
    attach: bool = False
    urls: bool = True
    note: str = ""
    limits: tuple[KindLimit, ...] = ()

    def limit(self, kind: str) -> KindLimit:
        """What holds for references of `kind`."""
        general = KindLimit(kind=kind, max_bytes=self.max_bytes, mime_types=self.mime_types)
        return next((limit for limit in self.limits if limit.kind == kind), general)


class Reference(Kept):
    """One reference of a request: a local file (`path`, with its content hash) or a public `url`.

    `path`, `sha256`, `mime`, `bytes`, `width` and `height` are those of the original, which is kept by its hash;
    `picture` its facts where it is a picture, `plan` what is done with it before it is sent.
    """

    kind: str = "image"
    name: str = ""
    mime: str = ""
    path: str = ""
    sha256: str = ""
    url: str = ""
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    picture: Picture | None = None
    plan: Plan = Plan()


class SentReference(Kept):
    """A reference as the service knows it: the URL it can reach, and what the upload answered.

    `file` is set, and `url` is not, where the file itself travels in the create call.
    """

    url: str = ""
    file: str = ""
    kind: str = "image"
    name: str = ""
    mime: str = ""
    seconds: float | None = None
    duration_token: str = ""


def open_slots(rule: ReferenceRule, chosen: Scalar | None = None) -> tuple[Slot, ...]:
    """The slots that count at this value of the rule's `choice` parameter."""
    value = "" if chosen is None else as_text(chosen)
    return tuple(slot for slot in rule.slots if not slot.choice or slot.choice == value)


def room(rule: ReferenceRule, chosen: Scalar | None = None) -> int:
    """How many references can be sent at this value of the rule's `choice` parameter; at any, where it is None."""
    if not rule.slots or (rule.choice and chosen is None):
        return rule.max_count
    return min(rule.max_count, sum(slot.most for slot in open_slots(rule, chosen)))


def placed(
    rule: ReferenceRule, references: Sequence[SentReference], chosen: Scalar | None = None
) -> dict[str, str | list[str]]:
    """The addresses of `references` by their wire field. What no slot has room for is left out: see `check`."""
    if not references:
        return {}
    if not rule.slots:
        return {rule.field: [reference.url for reference in references]}
    left = list(references)
    fields: dict[str, str | list[str]] = {}
    for slot in open_slots(rule, chosen):
        fitting = [index for index, reference in enumerate(left) if slot.kind in {"", reference.kind}][: slot.most]
        urls = [left[index].url for index in fitting]
        left = [reference for index, reference in enumerate(left) if index not in fitting]
        if urls:
            fields[slot.field] = urls if slot.array else urls[0]
    return fields


def check(
    rule: ReferenceRule | None,
    references: Sequence[Reference],
    aspect: str = "",
    *,
    hosted: bool = False,
    chosen: Scalar | None = None,
) -> list[Problem]:
    """Every reason why `references` may not be sent; empty when all is well.

    `aspect` is the chosen ratio (`fixes.chosen_aspect`); `hosted` says that the account names a place where local
    files can be put for a service without uploads; `chosen` is the value of the rule's `choice` parameter.
    """
    if not references:
        return []
    if rule is None:
        return [Problem(field="references", code="reference_none_taken")]
    problems: list[Problem] = []
    limit = room(rule, chosen)
    if len(references) > limit:
        args = {"count": str(len(references)), "limit": str(limit)}
        problems.append(Problem(field="references", code="reference_too_many", args=args))
    for reference in references:
        problems.extend(_check_one(rule, reference, aspect, hosted=hosted))
    return problems


def _check_one(rule: ReferenceRule, reference: Reference, aspect: str, *, hosted: bool) -> list[Problem]:
    name = reference.name or reference.url or reference.path
    problems: list[Problem] = []

    def wrong(code: str, **args: str) -> None:
        problems.append(Problem(field="references", code=code, args={"name": name, **args}))

    if reference.kind not in rule.kinds:
        wrong("reference_kind", kinds=", ".join(MANY.get(kind, kind) for kind in rule.kinds))
    elif reference.picture is not None:
        found = fixes.needs(rule, reference.picture, reference.plan, aspect, name)
        problems += [fix.problem for place, fix in enumerate(found) if not place or found[place - 1].miss != fix.miss]
    else:
        problems += _check_facts(rule, reference, aspect, name)
    if not reference.url and not rule.upload and not rule.attach and not hosted:
        wrong("reference_needs_url")
    return problems


def _check_facts(rule: ReferenceRule, reference: Reference, aspect: str, name: str) -> list[Problem]:
    """For what cannot be mended here: a file at a public address, a clip, a sound."""
    problems: list[Problem] = []
    limit = rule.limit(reference.kind)

    def wrong(code: str, **args: str) -> None:
        problems.append(Problem(field="references", code=code, args={"name": name, **args}))

    # As for files of ours: where a rule names no types, pictures are of those that every service reads.
    taken = limit.mime_types or (fixes.COMMON if reference.kind == "image" else ())
    if reference.mime and taken and reference.mime not in taken:
        wrong("reference_mime", types=", ".join(fixes.type_words(mime) for mime in sorted(taken)))
    if reference.bytes is not None and limit.max_bytes is not None and reference.bytes > limit.max_bytes:
        wrong("reference_bytes", limit=f"{limit.max_bytes / 1_000_000:g}")
    if reference.width and reference.height:
        size, sizes, ratio = (reference.width, reference.height), fixes.targets(rule, aspect), fixes.ratio_of(aspect)
        if sizes and size not in sizes:
            wrong("reference_size", size=size_words(size), sizes=" / ".join(map(size_words, sizes)))
        elif rule.match_aspect and not sizes and ratio is not None and not same_ratio(size, ratio):
            wrong("reference_ratio", size=size_words(size), ratio=aspect)
    return problems
