"""A rule's misses, each with the click that mends it: the catalogue's own rules against pictures of every shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.core import fixes, references
from sora_desktop.core.catalog import Model
from sora_desktop.core.fixes import FixKind, Miss, chosen_aspect, fitted, needs, notes, refit
from sora_desktop.core.pictures import Box, Picture, Plan, box_around, centre_box, inside, result_size, same_ratio
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.core.sentences import say
from sora_desktop.storage.catalog import load_catalog

CATALOG = load_catalog()


def model(provider: str, name: str) -> Model:
    found = CATALOG.model(provider, name)
    assert found is not None and found.references is not None
    return found


PLUS = model("globalaiopc", "openAiSora2Plus")
SORA = model("rivya", "sora-2")


def rule_of(one: Model) -> ReferenceRule:
    assert one.references is not None
    return one.references


def picture(
    width: int = 1280, height: int = 720, mime: str = "image/jpeg", size: int = 500_000, **more: object
) -> Picture:
    return Picture.model_validate({"mime": mime, "width": width, "height": height, "bytes": size, **more})


def kinds(found: list[fixes.Fix]) -> list[FixKind]:
    return [fix.kind for fix in found]


@pytest.mark.parametrize(
    ("one", "values", "aspect"),
    [
        (PLUS, {}, "9:16"),
        (PLUS, {"size": "1280x720"}, "16:9"),
        (PLUS, {"aspect_ratio": "16:9"}, "16:9"),
        (SORA, {}, "16:9"),
        (SORA, {"aspect_ratio": "portrait"}, "9:16"),
    ],
)
def test_the_chosen_ratio_is_read_by_role_and_meaning(one: Model, values: dict[str, str], aspect: str) -> None:
    assert chosen_aspect(one.params, values) == aspect


def test_a_picture_that_is_right_needs_nothing() -> None:
    assert needs(rule_of(PLUS), picture(720, 1280), Plan(), "9:16") == []
    assert needs(rule_of(SORA), picture(333, 444), Plan(), "16:9") == []


@pytest.mark.parametrize(
    ("shape", "aspect", "first", "code"),
    [
        ((1280, 720), "9:16", FixKind.CROP, "fix_crop_enlarge"),
        ((4000, 3000), "16:9", FixKind.CROP, "fix_crop"),
        ((640, 480), "16:9", FixKind.CROP, "fix_crop_enlarge"),
        ((1920, 1080), "16:9", FixKind.RESIZE, "fix_resize"),
        ((640, 360), "16:9", FixKind.RESIZE, "fix_enlarge"),
        ((1080, 1920), "9:16", FixKind.RESIZE, "fix_resize"),
    ],
)
def test_a_wrong_shape_is_mended_by_one_click(shape: tuple[int, int], aspect: str, first: FixKind, code: str) -> None:
    one = picture(*shape)
    found = needs(rule_of(PLUS), one, Plan(), aspect, "a.jpg")
    assert found[0].kind is first and found[0].code == code
    wanted = (1280, 720) if aspect == "16:9" else (720, 1280)
    for fix in found:
        assert result_size(one.size, fix.plan) == wanted and needs(rule_of(PLUS), one, fix.plan, aspect) == []
        assert fix.miss is Miss.SHAPE and fix.problem.code == "reference_size"
        assert "…" not in say(fix.code, fix.args) and "…" not in say(fix.problem.code, fix.problem.args)


def test_a_picture_that_lies_the_other_way_can_be_turned() -> None:
    assert kinds(needs(rule_of(PLUS), picture(1280, 720), Plan(), "9:16")) == [
        FixKind.CROP,
        FixKind.BARS,
        FixKind.ROTATE,
    ]
    assert FixKind.ROTATE not in kinds(needs(rule_of(PLUS), picture(900, 900), Plan(), "9:16"))


@pytest.mark.parametrize(
    ("mime", "alpha", "taken", "wanted"),
    [
        ("image/heic", False, ("image/jpeg", "image/png", "image/webp"), "image/jpeg"),
        ("image/gif", True, ("image/jpeg", "image/png", "image/webp"), "image/png"),
        ("image/tiff", True, ("image/jpeg", "image/webp"), "image/webp"),
        ("image/bmp", True, ("image/jpeg",), "image/jpeg"),
        ("image/webp", False, ("image/png",), "image/png"),
        ("image/avif", False, (), "image/jpeg"),
    ],
)
def test_a_wrong_type_is_converted_to_the_best_that_is_taken(
    mime: str, alpha: bool, taken: tuple[str, ...], wanted: str
) -> None:
    rule = ReferenceRule(mime_types=taken, max_bytes=5_000_000)
    [fix] = needs(rule, picture(mime=mime, has_alpha=alpha), Plan())
    assert (fix.kind, fix.plan.mime, fix.plan.max_bytes) == (FixKind.CONVERT, wanted, 5_000_000)
    assert "…" not in say(fix.code, fix.args)
    assert needs(rule, picture(mime=mime, has_alpha=alpha), fix.plan) == []


@pytest.mark.parametrize(
    ("mime", "alpha", "wanted"),
    [("image/png", False, "image/jpeg"), ("image/png", True, "image/webp"), ("image/webp", False, "image/webp")],
)
def test_too_heavy_a_file_is_shrunk(mime: str, alpha: bool, wanted: str) -> None:
    heavy = picture(mime=mime, size=10_000_001, has_alpha=alpha)
    [fix] = needs(rule_of(SORA), heavy, Plan())
    assert (fix.kind, fix.plan.mime, fix.plan.max_bytes) == (FixKind.SHRINK, wanted, 10_000_000)
    assert say(fix.code, fix.args).endswith("in less than 10 MB.")
    assert needs(rule_of(SORA), picture(size=10_000_000), Plan()) == []


def test_fix_all_mends_every_miss_at_once() -> None:
    rule = rule_of(PLUS).model_copy(update={"max_bytes": 1_000_000})
    wrong = picture(4000, 3000, "image/heic", 9_000_000)
    found = needs(rule, wrong, Plan(), "16:9")
    assert {fix.miss for fix in found} == set(Miss)
    plan = fixes.mended(rule, wrong, Plan(), "16:9")
    assert needs(rule, wrong, plan, "16:9") == []
    assert (plan.size, plan.mime, plan.max_bytes) == ((1280, 720), "image/jpeg", 1_000_000)


def test_the_problem_of_a_reference_goes_with_its_fix() -> None:
    one = picture(4000, 3000)
    reference = Reference(name="a.jpg", mime="image/jpeg", path="/a.jpg", picture=one, bytes=one.bytes)
    [problem] = references.check(rule_of(PLUS), [reference], "16:9", hosted=True)
    assert problem.code == "reference_size" and "4000×3000" in say(problem.code, problem.args)
    plan = fixes.mended(rule_of(PLUS), one, Plan(), "16:9")
    right = reference.model_copy(update={"plan": plan})
    assert references.check(rule_of(PLUS), [right], "16:9", hosted=True) == []
    assert [p.code for p in references.check(rule_of(PLUS), [right], "9:16", hosted=True)] == ["reference_size"]
    assert [p.code for p in references.check(rule_of(PLUS), [right], "16:9")] == ["reference_needs_url"]


def test_a_box_follows_the_ratio_around_its_middle() -> None:
    one = picture(4000, 3000)
    plan = fixes.mended(rule_of(PLUS), one, Plan(), "16:9")
    moved = plan.model_copy(update={"crop": Box(x=2400, y=100, width=1600, height=900)})
    follows = refit(rule_of(PLUS), one, moved, "9:16")
    assert follows.size == (720, 1280) and follows.crop is not None
    assert same_ratio(follows.crop.size, (9, 16))
    assert abs(follows.crop.x + follows.crop.width / 2 - 3200) <= 2, "the middle moved"
    assert needs(rule_of(PLUS), one, follows, "9:16") == []
    assert refit(rule_of(PLUS), one, moved, "16:9") == moved
    assert refit(rule_of(PLUS), one, Plan(), "9:16") == Plan(), "cut without a click"
    to_any = refit(rule_of(SORA), one, moved, "16:9")
    assert to_any.size is None and to_any.crop == moved.crop and needs(rule_of(SORA), one, to_any, "16:9") == []


def test_bars_follow_the_ratio_too() -> None:
    one = picture(1000, 1000)
    [barred] = [fix.plan for fix in needs(rule_of(PLUS), one, Plan(), "16:9") if fix.kind is FixKind.BARS]
    follows = refit(rule_of(PLUS), one, barred, "9:16")
    assert (follows.size, follows.fit) == ((720, 1280), "bars")


def test_a_ratio_without_sizes_is_cut_to_and_not_resized() -> None:
    rule = ReferenceRule(match_aspect=True)
    one = picture(1000, 1000)
    found = needs(rule, one, Plan(), "16:9")
    assert found[0].problem.code == "reference_ratio" and found[0].plan.size is None
    for fix in found:
        assert same_ratio(result_size(one.size, fix.plan), (16, 9))
        assert needs(rule, one, fix.plan, "16:9") == []


def test_what_happens_anyway_is_told() -> None:
    odd = picture(orientation=6, has_metadata=True, has_place=True, frames=12, mode="CMYK", has_alpha=True)
    codes = [note.code for note in notes(odd, Plan(mime="image/jpeg"))]
    assert codes == ["note_upright", "note_place_removed", "note_first_frame", "note_colours", "note_backdrop"]
    assert all("…" not in say(note.code, note.args) for note in notes(odd, Plan(mime="image/jpeg")))
    assert notes(picture(), Plan()) == [] and notes(picture(has_metadata=True), Plan(keep_metadata=True)) == []


def test_the_limit_of_the_rule_is_in_what_is_made() -> None:
    assert fitted(rule_of(SORA), Plan()).max_bytes == 10_000_000
    assert fitted(rule_of(SORA), Plan(max_bytes=5)).max_bytes == 5
    assert fitted(rule_of(PLUS), Plan()) == Plan()


def test_a_plan_and_a_picture_survive_being_kept() -> None:
    plan = Plan(rotate=270, crop=Box(x=1, y=2, width=3, height=4), size=(1280, 720), fit="bars", mime="image/png")
    reference = Reference(path="/a", sha256="0" * 64, picture=picture(orientation=8), plan=plan)
    assert Reference.model_validate_json(reference.model_dump_json()) == reference
    assert Reference.model_validate_json('{"path": "/a", "kind": "image"}').plan == Plan(), "an old one"


sizes = st.tuples(st.integers(1, 20_000), st.integers(1, 20_000))


@given(sizes, st.sampled_from(["16:9", "9:16"]), st.floats(0, 1), st.floats(0, 1), st.floats(1, 50))
def test_a_box_is_never_outside_and_every_fix_is_enough(
    size: tuple[int, int], aspect: str, x: float, y: float, zoom: float
) -> None:
    ratio = fixes.ratio_of(aspect)
    assert ratio is not None
    for box in (centre_box(size, ratio), box_around((x * size[0], y * size[1]), size, ratio, zoom)):
        assert inside(box, size) == box
        assert box.x >= 0 and box.y >= 0 and box.x + box.width <= size[0] and box.y + box.height <= size[1]
    one = picture(*size, mime="image/bmp")
    for fix in needs(rule_of(PLUS), one, Plan(), aspect):
        after = needs(rule_of(PLUS), one, fix.plan, aspect)
        assert fix.miss not in {other.miss for other in after}
    plan = fixes.mended(rule_of(PLUS), one, Plan(), aspect)
    other = "9:16" if aspect == "16:9" else "16:9"
    assert Miss.SHAPE not in {
        fix.miss for fix in needs(rule_of(PLUS), one, refit(rule_of(PLUS), one, plan, other), other)
    }
