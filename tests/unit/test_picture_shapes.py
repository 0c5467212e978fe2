"""Pictures cut, sized, turned and made light enough."""

from __future__ import annotations

import pytest
from PIL import Image

from sora_desktop.core.errors import UserError
from sora_desktop.core.pictures import Box, Plan, centre_box
from sora_desktop.media.pictures import mend
from support.pictures import exif, near, opened, saved, scene


def test_a_crop_box_is_in_pixels_of_the_upright_picture() -> None:
    data = saved(scene((80, 40)), "PNG")
    mended = mend(data, Plan(crop=Box(x=40, y=0, width=40, height=20)))
    image = opened(mended.data)
    assert image.size == (40, 20) and near(image.getpixel((20, 10)), (0, 255, 0), 5)
    lying = saved(scene((40, 80)).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif(6), quality=95)
    image = opened(mend(lying, Plan(crop=Box(x=0, y=0, width=20, height=40))).data)
    assert image.size == (20, 40) and near(image.getpixel((10, 20)), (255, 0, 0))


def test_a_box_beyond_the_edge_is_moved_inside() -> None:
    image = opened(mend(saved(scene(), "PNG"), Plan(crop=Box(x=60, y=-5, width=500, height=20))).data)
    assert image.size == (64, 20)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)])
@pytest.mark.parametrize("source", [(2000, 1500), (300, 200), (720, 1280), (999, 1001), (3, 2000)])
def test_the_wanted_size_is_met_exactly(size: tuple[int, int], source: tuple[int, int]) -> None:
    data = saved(Image.new("RGB", source, "orange"), "PNG")
    cut = mend(data, Plan(crop=centre_box(source, size), size=size))
    whole = mend(data, Plan(size=size, fit="bars", bars="#0000ff"))
    assert opened(cut.data).size == opened(whole.data).size == size


def test_bars_keep_everything_and_have_their_colour() -> None:
    data = saved(Image.new("RGB", (100, 100), "orange"), "PNG")
    image = opened(mend(data, Plan(size=(160, 90), fit="bars", bars="#0000ff")).data)
    assert near(image.getpixel((5, 45)), (0, 0, 255), 2) and near(image.getpixel((155, 45)), (0, 0, 255), 2)
    assert near(image.getpixel((80, 45)), (255, 165, 0), 2)


@pytest.mark.parametrize(("rotate", "corner"), [(90, "blue"), (180, "white"), (270, "lime")])
def test_a_turn_is_clockwise(rotate: int, corner: str) -> None:
    image = opened(mend(saved(scene((80, 40)), "PNG"), Plan.model_validate({"rotate": rotate})).data)
    colours = {"blue": (0, 0, 255), "white": (255, 255, 255), "lime": (0, 255, 0)}
    assert image.size == ((40, 80) if rotate != 180 else (80, 40))
    assert near(image.getpixel((3, 3)), colours[corner], 2)


# Weight.


@pytest.mark.parametrize("mime", ["image/jpeg", "image/webp"])
def test_a_picture_shrinks_below_the_limit_with_the_quality_told(mime: str) -> None:
    data = saved(Image.effect_noise((450, 300), 60).convert("RGB"), "PNG")
    limit = 37_500
    mended = mend(data, Plan(mime=mime, max_bytes=limit))
    assert len(data) > limit >= len(mended.data) > limit * 0.6
    assert mended.quality is not None and 30 <= mended.quality < 92
    assert opened(mended.data).size == (mended.width, mended.height)


def test_a_given_size_is_kept_and_the_quality_pays() -> None:
    data = saved(Image.effect_noise((1280, 720), 60).convert("RGB"), "PNG")
    mended = mend(data, Plan(size=(1280, 720), mime="image/jpeg", max_bytes=200_000))
    assert opened(mended.data).size == (1280, 720) and len(mended.data) <= 200_000
    assert mended.quality is not None and mended.quality < 60


def test_a_png_that_must_stay_one_becomes_smaller() -> None:
    data = saved(Image.effect_noise((450, 300), 60).convert("RGB"), "PNG")
    mended = mend(data, Plan(mime="image/png", max_bytes=50_000))
    assert len(mended.data) <= 50_000 and mended.width < 450 and mended.quality is None


def test_what_cannot_be_made_small_enough_is_told() -> None:
    data = saved(Image.effect_noise((1280, 720), 60).convert("RGB"), "PNG")
    with pytest.raises(UserError) as refused:
        mend(data, Plan(size=(1280, 720), mime="image/png", max_bytes=20_000), "a.png")
    assert refused.value.code == "picture_unshrinkable"
