"""References in words: what a model takes, what a card says of a reference, what a click would do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from sora_desktop.core.fixes import Fix, FixKind, type_words
from sora_desktop.core.pictures import Picture, Plan, result_size, size_words
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.ui.words import elapsed, number, size

ICONS = {
    FixKind.CROP: "crop",
    FixKind.BARS: "crop",
    FixKind.RESIZE: "crop",
    FixKind.ROTATE: "retry",
    FixKind.CONVERT: "image",
    FixKind.SHRINK: "disk",
}


def tr(text: str) -> str:
    return QCoreApplication.translate("References", text)


def figures(text: str) -> str:
    """Figures in their order, also where the writing runs to the left: 1280×720 would read 720×1280."""
    return f"\u2066{text}\u2069" if text and QGuiApplication.isRightToLeft() else text


def kind_words(kinds: Sequence[str], count: int) -> str:
    """Kinds in words: "image", "images", "images, videos"."""
    one = {"image": tr("image"), "video": tr("video"), "audio": tr("sound")}
    many = {"image": tr("images"), "video": tr("videos"), "audio": tr("sounds")}
    return ", ".join((one if count == 1 else many).get(kind, kind) for kind in kinds)


def rule_words(rule: ReferenceRule, *, hosted: bool = False) -> str:
    """What a model takes, in a line: "1 image · JPEG, PNG, WebP · up to 10 MB"; of several kinds only their limits:
    "Up to 3 · images 10 MB · videos 50 MB"."""
    where = "" if rule.upload or hosted else tr("by public address")
    if len(rule.kinds) > 1:
        limits = [(kind_words((kind,), 2), rule.limit(kind).max_bytes) for kind in rule.kinds]
        kinds = [f"{words} {size(most)}" if most else words for words, most in limits]
        return " · ".join(filter(None, (tr("Up to {0}").format(number(rule.max_count)), *kinds, where)))
    what = kind_words(rule.kinds, rule.max_count)
    count = (
        tr("1 {0}").format(what) if rule.max_count == 1 else tr("Up to {0} {1}").format(number(rule.max_count), what)
    )
    return " · ".join(filter(None, (count, *_limit_words(rule, rule.kinds[0] if rule.kinds else ""), where)))


def rule_lines(rule: ReferenceRule) -> str:
    """The same of a model that takes several kinds, a line each with its types; empty where one line says it all."""
    if len(rule.kinds) < 2:
        return ""
    return "\n".join(" · ".join((kind_words((kind,), 2), *_limit_words(rule, kind))) for kind in rule.kinds)


def _limit_words(rule: ReferenceRule, kind: str) -> list[str]:
    """Types, sizes in pixels and bytes of a kind."""
    limit = rule.limit(kind)
    types = ", ".join(dict.fromkeys(map(type_words, limit.mime_types)))
    sizes = tr(" or ").join(size_words(one) for one in rule.sizes)
    most = tr("up to {0}").format(size(limit.max_bytes)) if limit.max_bytes else ""
    return [words for words in (types, figures(sizes), most) if words]


def invitation(rule: ReferenceRule) -> str:
    """What the drop zone asks for."""
    if rule.max_count == 1:
        words = {"image": tr("Drop an image, paste, or browse…"), "video": tr("Drop a video, paste, or browse…")}
        return words.get(rule.kinds[0] if len(rule.kinds) == 1 else "", tr("Drop a file, paste, or browse…"))
    return tr("Drop images, paste, or browse…") if rule.kinds == ("image",) else tr("Drop files, paste, or browse…")


def fix_words(picture: Picture, plan: Plan, fixes: Sequence[Fix]) -> tuple[str, ...]:
    """What the fixes would do, short enough for a card, in shorter and shorter words:
    "1920×1280 → crop to 1280×720 · HEIC → JPEG", "Crop to 1280×720 · → JPEG", "Crop · JPEG"."""
    now = size_words(result_size(picture.size, plan))
    long: list[str] = []
    middle: list[str] = []
    short: list[str] = []
    least: list[str] = []
    for fix in fixes:
        match fix.kind:
            case FixKind.CROP:
                long.append(tr("{0} → crop to {1}").format(now, fix.args["size"]))
                middle.append(f"{now} → {fix.args['size']}")
                short.append(tr("Crop to {0}").format(fix.args["size"]))
                least.append(tr("Crop"))
            case FixKind.RESIZE:
                long.append(f"{now} → {fix.args['size']}")
                middle.append(long[-1])
                short.append(f"→ {fix.args['size']}")
                least.append(short[-1])
            case FixKind.CONVERT:
                long.append(f"{fix.args['from']} → {fix.args['to']}")
                middle.append(f"→ {fix.args['to']}")
                short.append(f"→ {fix.args['to']}")
                least.append(fix.args["to"])
            case FixKind.SHRINK:
                long.append(tr("{0} → under {1} MB").format(size(picture.bytes), fix.args["limit"]))
                middle.append(tr("under {0} MB").format(fix.args["limit"]))
                short.append(tr("under {0} MB").format(fix.args["limit"]))
                least.append(tr("< {0} MB").format(fix.args["limit"]))
            case FixKind.BARS | FixKind.ROTATE:
                pass
    return tuple(figures(" · ".join(words)) for words in (long, middle, short, least))


def firsts(fixes: Sequence[Fix]) -> list[Fix]:
    """The best fix of each miss."""
    found: dict[str, Fix] = {}
    for fix in fixes:
        found.setdefault(fix.miss, fix)
    return list(found.values())


def facts(reference: Reference) -> str:
    """A reference in a line: pixels or length, type, bytes; or its address."""
    if reference.url and not reference.path:
        return reference.url
    pixels = size_words((reference.width, reference.height)) if reference.width and reference.height else ""
    kind = type_words(reference.mime) if reference.mime else ""
    length = elapsed(reference.seconds) if reference.seconds else ""
    weight = size(reference.bytes) if reference.bytes is not None else ""
    return figures(" · ".join(filter(None, (pixels, length, kind, weight))))


def made_words(pixels: tuple[int, int], mime: str, count: int, quality: int | None) -> str:
    """A mended picture in a line: "1280×720 · JPEG, quality 88 · 412 KB"."""
    kind = type_words(mime)
    kind = tr("{0}, quality {1}").format(kind, quality) if quality else kind
    return figures(" · ".join((size_words(pixels), kind, size(count))))


def reshapes(plan: Plan) -> bool:
    """Whether a plan cuts, turns or scales."""
    return plan.crop is not None or plan.size is not None or plan.rotate != 0
