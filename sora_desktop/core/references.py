"""Reference pictures, clips and sounds: what a model takes, and whether one fits."""

from __future__ import annotations

from collections.abc import Sequence

from sora_desktop.core import fixes
from sora_desktop.core.frozen import Frozen, Kept
from sora_desktop.core.params import Problem
from sora_desktop.core.pictures import Picture, Plan


class ReferenceRule(Frozen):
    """What a model takes as references.

    `sizes` are allowed pixel sizes as (width, height); empty means any. `field` is the wire field, `alternatives` the
    fields that exclude it. `upload`: the provider takes files in a call of their own, before the create call.
    `attach`: the file itself travels in the create call (contract: openai_videos, `input_reference`).
    """

    max_count: int = 1
    kinds: tuple[str, ...] = ("image",)
    max_bytes: int | None = None
    mime_types: tuple[str, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()
    match_aspect: bool = False
    field: str = "references"
    alternatives: tuple[str, ...] = ()
    upload: bool = False
    attach: bool = False
    note: str = ""


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


def check(
    rule: ReferenceRule | None, references: Sequence[Reference], aspect: str = "", *, hosted: bool = False
) -> list[Problem]:
    """Every reason why `references` may not be sent; empty when all is well.

    `aspect` is the chosen ratio (`fixes.chosen_aspect`); `hosted` says that the account names a place where local
    files can be put for a service without uploads.
    """
    if not references:
        return []
    if rule is None:
        return [Problem(field="references", code="reference_none_taken")]
    problems: list[Problem] = []
    if len(references) > rule.max_count:
        args = {"count": str(len(references)), "limit": str(rule.max_count)}
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
        wrong("reference_kind", kinds=", ".join(rule.kinds))
    elif reference.picture is not None:
        found = fixes.needs(rule, reference.picture, reference.plan, aspect, name)
        problems += [fix.problem for place, fix in enumerate(found) if not place or found[place - 1].miss != fix.miss]
    else:
        problems += _check_facts(rule, reference, name)
    if not reference.url and not rule.upload and not rule.attach and not hosted:
        wrong("reference_needs_url")
    return problems


def _check_facts(rule: ReferenceRule, reference: Reference, name: str) -> list[Problem]:
    """For what cannot be mended here: a file at a public address, a clip, a sound."""
    problems: list[Problem] = []

    def wrong(code: str, **args: str) -> None:
        problems.append(Problem(field="references", code=code, args={"name": name, **args}))

    if reference.mime and rule.mime_types and reference.mime not in rule.mime_types:
        wrong("reference_mime", types=", ".join(sorted(mime.split("/")[-1] for mime in rule.mime_types)))
    if reference.bytes is not None and rule.max_bytes is not None and reference.bytes > rule.max_bytes:
        wrong("reference_bytes", limit=f"{rule.max_bytes / 1_000_000:g}")
    if reference.width and reference.height and rule.sizes and (reference.width, reference.height) not in rule.sizes:
        sizes = " / ".join(f"{width}×{height}" for width, height in rule.sizes)
        wrong("reference_size", size=f"{reference.width}×{reference.height}", sizes=sizes)
    return problems
