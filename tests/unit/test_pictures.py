"""Pictures as people have them: every format, broken, huge, mislabelled; and what becomes of them before they leave."""

from __future__ import annotations

import errno
import os
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageOps

from sora_desktop.core import fixes
from sora_desktop.core.errors import UserError
from sora_desktop.core.pictures import Box, Picture, Plan
from sora_desktop.media import picture_files
from sora_desktop.media.pictures import glance, inspect, mend, named, thumbnail
from sora_desktop.storage.database import Database
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.references import ReferenceStore
from support.pictures import MAKER, exif, lies_upright, near, opened, saved, scene

pillow_heif.register_heif_opener()
FORMATS = {
    "JPEG": ("image/jpeg", {"quality": 95}),
    "PNG": ("image/png", {}),
    "WEBP": ("image/webp", {"lossless": True}),
    "GIF": ("image/gif", {}),
    "BMP": ("image/bmp", {}),
    "TIFF": ("image/tiff", {}),
    "AVIF": ("image/avif", {"quality": 95}),
    "HEIF": ("image/heic", {"quality": 95}),
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_told_by_its_content_and_becomes_what_services_take(form: str, tmp_path: Path) -> None:
    mime, more = FORMATS[form]
    path = tmp_path / "picture.png"  # Whatever it is named.
    path.write_bytes(saved(scene(), form, **more))
    before = path.read_bytes()
    picture = inspect(path)
    assert (picture.mime, picture.size, picture.bytes) == (mime, (64, 40), len(before))
    for wanted in ("image/jpeg", "image/png", "image/webp"):
        mended = mend(path, Plan(mime=wanted))
        assert mended.mime == wanted == inspect(mended.data).mime
        assert opened(mended.data).size == (64, 40) == (mended.width, mended.height)
        assert lies_upright(opened(mended.data))
    assert path.read_bytes() == before, "the original was touched"


@pytest.mark.parametrize(
    ("form", "more"),
    [*((form, more) for form, (_, more) in FORMATS.items()), ("WEBP", {}), ("WEBP", {"exif": exif()})],
)
def test_the_beginning_of_a_picture_tells_its_type_and_size(form: str, more: dict[str, object]) -> None:
    data = saved(Image.effect_noise((300, 200), 60).convert("RGB"), form, **more)
    mime, width, height = glance(data[: len(data) * 2 // 3])
    assert mime == FORMATS[form][0]
    assert (width, height) == (300, 200)
    for turned in ("JPEG", "AVIF", "HEIF"):
        beginning = saved(scene(), turned, exif=exif(6))[:-9]
        assert glance(beginning) == (FORMATS[turned][0], 40, 64)
    assert [glance(beginning[:cut])[1:] for cut in (12, 40, 90, 200)] == [(None, None)] * 4, (
        "a beginning that is too short"
    )
    with pytest.raises(UserError) as refused:
        glance(b"<svg/>" * 99)
    assert refused.value.code == "picture_none"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_is_right_is_sent_byte_for_byte(form: str) -> None:
    data = saved(scene(), form)
    mended = mend(data, Plan(max_bytes=10_000_000, size=(64, 40)))
    assert mended.unchanged and mended.data == data and mended.quality is None


@pytest.mark.parametrize("form", FORMATS)
def test_a_picture_that_breaks_off_is_refused(form: str) -> None:
    noise = Image.effect_noise((300, 200), 60).convert("RGB")
    data = saved(noise, form)
    for part in (len(data) // 2, len(data) - len(data) // 8, 40):
        with pytest.raises(UserError) as refused:
            inspect(data[:part], "a.jpg")
        assert refused.value.code == "picture_broken", part
        assert refused.value.words["name"] == "a.jpg"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "picture_empty"),
        (b"<html><body>404</body></html>", "picture_none"),
        (b"%PDF-1.4 something", "picture_none"),
        (b"8BPS\0\1 a format that is not tried", "picture_none"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "picture_none"),
        (b"\x89PNG\r\n\x1a\n", "picture_broken"),
        (b"\xff\xd8\xff", "picture_broken"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "picture_broken"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(data: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(data)
    for source in (path, data):
        with pytest.raises(UserError) as refused:
            inspect(source, "holiday.jpg")
        assert refused.value.code == code


def test_what_is_no_file_is_refused_with_its_reason_and_nothing_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"none.png": "reference_missing", "a\0b.png": "reference_missing", "x" * 300: "reference_missing"}
    wrong |= {"holiday.jpg": "reference_folder", "pipe.png": "reference_missing", "dead.png": "reference_missing"}
    (tmp_path / "holiday.jpg").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")  # To open it waits for somebody to write.
        (tmp_path / "dead.png").symlink_to(tmp_path / "none.png")
    store = ReferenceStore(Database(tmp_path / "db"), Paths(*[tmp_path / "data"] * 5))
    for name, code in wrong.items():
        for work in (inspect, store.take_in):
            with pytest.raises(UserError) as refused:
                work(tmp_path / name)
            assert refused.value.code == code, name
    old = tmp_path / os.fsdecode(b"old \xe9.png" if os.name == "posix" else b"old.png")
    old.write_bytes(saved(scene(), "PNG"))
    kept = store.take_in(old).reference()
    assert type(kept).model_validate_json(kept.model_dump_json()) == kept, "a name that is no UTF-8 cannot be kept"
    locked = tmp_path / "locked.png"
    locked.write_bytes(saved(scene(), "PNG"))
    for number in (errno.EACCES, errno.EIO):
        monkeypatch.setattr(Image, "open", raising(OSError(number, "no")))
        with pytest.raises(UserError) as refused:
            inspect(locked)
        assert refused.value.code == "reference_unreadable"


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_args: object, **_more: object) -> None:
        raise error

    return fail


def png_bomb(width: int, height: int) -> bytes:
    """A few hundred bytes that claim to be `width` × `height` pixels."""
    return png_of(struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0), bytes(500))


def png_of(head: bytes, pixels: bytes, *more: bytes) -> bytes:
    end = (chunk(b"IDAT", zlib.compress(pixels)), *more, chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(end)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("size", [(12_000, 10_001), (14_000, 14_000), (30_000, 30_000), (2_000_000, 2_000_000)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    for work in (inspect, lambda data: mend(data, Plan(size=(64, 64)), picture=None), thumbnail):
        with pytest.raises(UserError) as refused:
            work(png_bomb(*size))
        assert refused.value.code == "picture_huge"
        assert refused.value.words["limit"] == "120"


def test_a_file_of_too_many_bytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(picture_files.MOST_BYTES + 1)
    with pytest.raises(UserError) as refused:
        inspect(path)
    assert refused.value.code == "picture_heavy"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_what_exif_turns_arrives_upright(form: str, orientation: int) -> None:
    undo = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    turned = scene((80, 40))
    turned.getexif()[0x0112] = undo
    turned = ImageOps.exif_transpose(turned)
    data = saved(turned, form, exif=exif(orientation), **FORMATS[form][1])
    picture = inspect(data)
    assert picture.size == (80, 40)
    assert picture.orientation == (1 if form == "HEIF" else orientation), "its decoder turns it"
    mended = mend(data, Plan(mime="image/png"))
    image = opened(mended.data)
    assert image.size == (80, 40) and lies_upright(image)
    assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("plan", [Plan(), Plan(mime="image/jpeg"), Plan(size=(32, 20)), Plan(max_bytes=5_000)])
def test_where_it_was_taken_does_not_leave_the_machine(form: str, plan: Plan) -> None:
    data = saved(scene(), form, exif=exif())
    assert MAKER.encode() in data
    picture = inspect(data)
    assert picture.has_metadata and picture.has_place
    mended = mend(data, plan)
    assert MAKER.encode() not in mended.data
    assert b"Exif" not in mended.data and b"EXIF" not in mended.data
    assert not opened(mended.data).getexif()
    assert not inspect(mended.data).has_metadata


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_metadata_goes_without_a_pixel_changing(form: str) -> None:
    noise = Image.effect_noise((97, 61), 70).convert("RGB")
    data = saved(
        noise, form, exif=exif(), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    )
    mended = mend(data, Plan())
    assert mended.unchanged and mended.mime == FORMATS[form][0]
    assert opened(mended.data).tobytes() == opened(data).tobytes()
    assert opened(mended.data).info["icc_profile"] == opened(data).info["icc_profile"]


def test_words_in_a_png_and_comments_in_a_jpeg_go_too() -> None:
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Author", MAKER)
    words.add_itxt("XML:com.adobe.xmp", f"<x>{MAKER}</x>")
    files = [saved(scene(), "PNG", pnginfo=words), saved(scene(), "JPEG", comment=MAKER)]
    files.append(saved(scene(), "JPEG", xmp=f"<x>{MAKER}</x>".encode()))
    files.append(saved(scene(), "WEBP", xmp=f"<x>{MAKER}</x>".encode()))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    files.append(png_of(head, bytes(72), chunk(b"caBX", MAKER.encode())))  # Who made it, signed (C2PA).
    files.append(saved(scene(), "JPEG") + MAKER.encode())  # What hangs behind the end: a phone's moving picture.
    for data in files:
        assert inspect(data).has_metadata or data in files[-2:]
        assert MAKER.encode() not in mend(data, Plan()).data


def test_a_phone_s_jpeg_of_several_pictures_is_one_picture() -> None:
    data = saved(scene(), "MPO", save_all=True, append_images=[scene((32, 20))], exif=exif())
    picture = inspect(data)
    assert picture.mime == "image/jpeg" and not picture.animated and picture.has_metadata
    mended = mend(data, Plan())
    assert opened(mended.data).format == "JPEG" and len(mended.data) < len(data)
    assert MAKER.encode() not in mended.data


def test_metadata_stays_where_the_user_wants_it() -> None:
    data = saved(scene(), "JPEG", exif=exif(6))
    mended = mend(data, Plan(keep_metadata=True))
    found = opened(mended.data).getexif()
    assert found[0x010F] == MAKER and found.get(0x0112, 1) == 1
    assert opened(mended.data).size == (40, 64)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "AVIF"])
def test_of_an_animation_the_first_frame_is_sent(form: str) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "lime", "blue")]
    data = saved(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
    picture = inspect(data)
    assert picture.frames == 3 and picture.animated
    image = opened(mend(data, Plan()).data)
    assert getattr(image, "n_frames", 1) == 1
    assert near(image.convert("RGB").getpixel((5, 5)), (255, 0, 0))


def test_millions_of_frames_are_not_counted_to_the_end() -> None:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0"
    before = time.process_time()
    assert inspect(head + frame * 1_000_000 + b";").frames == picture_files.MOST_FRAMES
    assert time.process_time() - before < 1.0


def grey16() -> Image.Image:
    """16 bits of grey, from black on the left to white on the right."""
    image = Image.new("I;16", (64, 40))
    for x in range(64):
        for y in range(40):
            image.putpixel((x, y), x * 65535 // 63)
    return image


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_become_eight_with_the_same_light(form: str) -> None:
    data = saved(grey16(), form)
    assert inspect(data).mode.startswith("I")
    image = opened(mend(data, Plan(mime="image/png")).data).convert("L")
    assert image.getpixel((0, 0)) < 3 and image.getpixel((63, 0)) > 252
    assert abs(image.getpixel((32, 20)) - 129) < 4


@pytest.mark.parametrize(("colours", "mode", "wide"), [(2, "RGB", 6), (6, "RGBA", 8)])
def test_sixteen_bits_a_colour_become_eight_too(colours: int, mode: str, wide: int) -> None:
    raw = b"".join(b"\0" + b"\x80\x7f" * (wide // 2 * 20) for _ in range(10))
    data = png_of(struct.pack(">IIBBBBB", 20, 10, 16, colours, 0, 0, 0), raw)
    picture = inspect(data)
    assert picture.mode == f"{mode};16" and fixes.notes(picture, Plan())[0].code == "note_colours"
    mended = mend(data, Plan())
    assert (opened(mended.data).mode, mended.data[24], mended.unchanged) == (mode, 8, False)
    assert opened(mended.data).getpixel((3, 3))[0] == 128


@pytest.mark.parametrize(
    ("size", "mime", "found"), [((20_000, 100), "image/webp", (16_383, 81)), ((70_000, 64), "image/jpeg", (65_500, 59))]
)
def test_a_panorama_is_as_long_as_its_type_can_hold(size: tuple[int, int], mime: str, found: tuple[int, int]) -> None:
    mended = mend(saved(Image.new("L", size, 90), "PNG"), Plan(mime=mime, max_bytes=10_000_000))
    assert opened(mended.data).size == found == (mended.width, mended.height)


def test_more_metadata_than_a_jpeg_can_hold_costs_nobody_the_picture() -> None:
    told = Image.Exif()
    told[0x010F] = MAKER * 4000
    data = saved(scene(), "PNG", exif=told.tobytes())
    assert not opened(mend(data, Plan(mime="image/jpeg", keep_metadata=True)).data).getexif()
    assert opened(mend(data, Plan(mime="image/webp", keep_metadata=True)).data).getexif()[0x010F] == MAKER * 4000


@pytest.mark.parametrize(
    ("name", "mime", "sent"),
    [
        ("IMG 1.HEIC.jpg", "image/jpeg", "IMG 1.HEIC.jpg"),
        ("photo.JPEG", "image/jpeg", "photo.JPEG"),
        ("harbour.jpg", "image/png", "harbour.png"),
        ("phone.heic", "image/jpeg", "phone.jpg"),
        ("Picture of a page", "image/png", "Picture of a page.png"),
        ("version 1.2", "image/webp", "version 1.2.webp"),
        ("", "image/png", "picture.png"),
    ],
)
def test_a_sent_file_s_name_says_what_it_is(name: str, mime: str, sent: str) -> None:
    assert named(name, mime) == sent


def test_floats_are_stretched_to_what_can_be_seen() -> None:
    image = Image.new("F", (64, 40), 0.25)
    image.paste(0.75, (32, 0, 64, 40))
    mended = opened(mend(saved(image, "TIFF"), Plan(mime="image/jpeg")).data).convert("L")
    assert mended.getpixel((2, 2)) < 10 and mended.getpixel((60, 30)) > 245


def test_printers_colours_become_screens_colours() -> None:
    data = saved(scene(mode="CMYK"), "JPEG", quality=95)
    assert inspect(data).mode == "CMYK"
    mended = mend(data, Plan())
    image = opened(mended.data)
    assert image.mode == "RGB" and mended.mime == "image/jpeg" and not mended.unchanged
    assert near(image.getpixel((5, 5)), (255, 0, 0)) and near(image.getpixel((60, 36)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["P", "1", "L", "LA", "RGBA"])
def test_every_mode_becomes_a_jpeg(mode: str) -> None:
    data = saved(scene(mode=mode), "PNG")
    mended = mend(data, Plan(mime="image/jpeg"))
    assert opened(mended.data).mode == "RGB" and opened(mended.data).size == (64, 40)


def test_transparency_stays_where_it_can_and_becomes_the_backdrop_where_not() -> None:
    image = scene(mode="RGBA")
    image.putalpha(0)
    data = saved(image, "PNG")
    picture = inspect(data)
    assert picture.has_alpha
    assert opened(mend(data, Plan(size=(32, 20))).data).getpixel((3, 3))[3] == 0
    assert opened(mend(data, Plan(mime="image/webp")).data).mode == "RGBA"
    white = opened(mend(data, Plan(mime="image/jpeg")).data)
    assert near(white.getpixel((3, 3)), (255, 255, 255), 5)
    green = opened(mend(data, Plan(mime="image/jpeg", backdrop="#00ff00")).data)
    assert near(green.getpixel((3, 3)), (0, 255, 0), 5)


def test_a_wide_gamut_looks_the_same_in_srgb() -> None:
    """Without its profile a picture in another colour space would change its colours: here, red and green."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # Red and green primaries exchanged: a profile that makes a difference anyone can measure.
    swapped = profile.replace(b"rXYZ", b"tmpX", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"tmpX", b"gXYZ", 1)
    assert struct.unpack(">I", swapped[:4])[0] == len(swapped)
    data = saved(Image.new("RGB", (8, 8), "red"), "PNG", icc_profile=swapped)
    pixel = opened(mend(data, Plan(mime="image/jpeg")).data).getpixel((4, 4))
    assert near(pixel, (0, 255, 0), 30), pixel
    for mode in ("P", "PA"):
        data = saved(
            Image.new("RGB", (8, 8), "red").convert("P").convert(mode),
            "PNG" if mode == "P" else "TIFF",
            icc_profile=swapped,
        )
        assert near(opened(mend(data, Plan(mime="image/webp")).data).getpixel((4, 4)), (0, 255, 0), 30), mode


def test_the_same_picture_and_plan_give_the_same_bytes() -> None:
    """Remembered uploads depend on it."""
    data = saved(scene((400, 300)), "JPEG", exif=exif(6))
    plan = Plan(size=(128, 72), mime="image/webp", max_bytes=9_000)
    assert mend(data, plan).data == mend(data, plan).data


def test_nothing_is_written_to_the_terminal_about_a_picture_full_of_detail(capfd: pytest.CaptureFixture[str]) -> None:
    noise = Image.merge("RGB", [Image.effect_noise((600, 400), 250) for _ in range(3)])
    mended = mend(saved(noise, "PNG"), Plan(mime="image/jpeg"))
    assert len(mended.data) > 600 * 400, "more than Pillow's own room for it"
    assert opened(mended.data).info.get("progressive")
    assert capfd.readouterr().err == ""


def test_a_thumbnail_is_small_upright_and_without_metadata() -> None:
    data = saved(scene((800, 400)).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif(6))
    image = opened(thumbnail(data, 100))
    assert image.size == (100, 50) and lies_upright(image) and not image.getexif()
    cut = opened(thumbnail(data, 100, Plan(crop=Box(x=400, y=0, width=400, height=200))))
    assert near(cut.getpixel((50, 25)), (0, 255, 0))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_costs_nobody_the_picture() -> None:
    data = saved(scene(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\1" * 20)
    picture = inspect(data)
    assert picture.size == (64, 40) and isinstance(picture, Picture)
    assert b"Exif" not in mend(data, Plan()).data
