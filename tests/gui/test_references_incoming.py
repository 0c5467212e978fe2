"""What drops and pastes of file managers, browsers and offices hold, and the crop's geometry."""

from __future__ import annotations

import base64
import io
import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColor, QImage

from sora_desktop.core.errors import UserError
from sora_desktop.core.references import Reference
from sora_desktop.ui.references.adding import from_url, sources
from sora_desktop.ui.references.box import Box, Cut
from sora_desktop.ui.references.incoming import Frame, has_media, of_frame, of_frames, of_references, read
from sora_desktop.ui.references.pages import read_page

PAGE = (
    '<meta charset="utf-8"><a href="https://x.example/page"><img alt="a" src="https://x.example/a.png?w=1&amp;h=2"></a>'
)


def pixels() -> QImage:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    return image


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "teal").save(out, "PNG")
    return out.getvalue()


def test_files_of_a_file_manager(qapp) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/a/b c.png"), QUrl.fromLocalFile("/a/x.heic"), QUrl("https://x.example/y.jpg")])
    found = read(mime)
    assert found.files == (Path("/a/b c.png"), Path("/a/x.heic"))
    assert found.urls == ("https://x.example/y.jpg",)
    assert found.kinds == {"image"}
    assert has_media(mime)
    assert sources(found, takes_files=True) == [Path("/a/b c.png"), Path("/a/x.heic"), "https://x.example/y.jpg"]


def test_file_managers_may_name_this_machine_in_the_address(qapp) -> None:
    mime = QMimeData()
    here = socket.gethostname()
    lines = "# a comment", "file://localhost/a/b%20c.png", f"file://{here}/a/d.png", f"file://{here.upper()}/a/%E9.png"
    mime.setData("text/uri-list", "\r\n".join(lines).encode())
    wanted = [b"/a/b c.png", b"/a/d.png", b"/a/\xe9.png"]
    if os.name == "posix":
        assert read(mime).files == tuple(Path(os.fsdecode(path)) for path in wanted)


def test_a_picture_dragged_out_of_a_browser(qapp) -> None:
    mime = QMimeData()
    mime.setHtml(PAGE)
    mime.setUrls([QUrl("https://x.example/page")])
    found = read(mime)
    assert found.pictures == ("https://x.example/a.png?w=1&h=2",)
    assert sources(found, takes_files=True) == ["https://x.example/a.png?w=1&h=2"], "not the page it links to"
    mime.setImageData(pixels())
    found = read(mime)
    (image,) = sources(found, takes_files=True)
    assert isinstance(image, QImage)
    assert image.pixelColor(2, 2) == QColor("teal")
    assert sources(found, takes_files=False) == ["https://x.example/a.png?w=1&h=2"], "only addresses can be sent there"
    assert read(mime, pixels=False).kinds == {"image"}


def test_a_picture_written_into_a_page(qapp) -> None:
    mime = QMimeData()
    mime.setHtml(f"<p><IMG SRC='data:image/png;base64,{base64.b64encode(png()).decode()}'></p>")
    found = read(mime)
    assert found.data == png()
    assert sources(found, takes_files=True) == [png()]
    mime.setHtml("<img src='data:image/svg+xml,%3Csvg%3E'>")
    assert read(mime).data == b"<svg>"


ADDRESS = "https://x.example/a.png"
WRITTEN = f"data:image/png;base64,{base64.b64encode(png()).decode()}"


@pytest.mark.parametrize(
    ("html", "urls", "text", "found"),
    [
        (f'<img src="{ADDRESS}" alt="A boat">', [ADDRESS], ADDRESS, ADDRESS),
        (f"<a href='/p'><img src='{ADDRESS}'></a>", ["https://x.example/p"], "https://x.example/p", ADDRESS),
        (f'<img data-src="https://x.example/later.png" src="{ADDRESS}">', [], "", ADDRESS),
        (f'<img alt="a > b src=https://x.example/no.png" src=\'{ADDRESS}\'>', [], "", ADDRESS),
        (f'<!-- <img src="https://x.example/no.png"> --><IMG SRC={ADDRESS}>', [], "", ADDRESS),
        (f'<style>p {{}}</style><img srcset="{ADDRESS} 2x, https://x.example/b.png 3x">', [], "", ADDRESS),
        ('<img src="//x.example/a.png">', [], "", ADDRESS),
        (f'<img src="data:image/png;base64,{"A" * 3_000_000}">', [], "", b"\0" * 2_250_000),
        ("", [WRITTEN], "", png()),
        ("", [], WRITTEN, png()),
        (f'<img src="{WRITTEN}">', [WRITTEN], WRITTEN, png()),
    ],
)  # fmt: skip
def test_whatever_a_browser_makes_of_a_picture_is_that_picture_also_over_the_prompt(
    qapp, html: str, urls: list[str], text: str, found: str | bytes
) -> None:
    mime = QMimeData()
    if html:
        mime.setHtml(html)
    mime.setUrls([QUrl(url) for url in urls])
    if text:
        mime.setText(text)
    assert sources(read(mime), takes_files=True) == [found]
    assert read(mime, pixels=False).kinds == {"image"}
    assert has_media(mime)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p>A boat <img src="https://x.example/smile.png"></p>', "A boat"),
        ('<img alt="\U0001f600" src="https://x.example/smile.png">', "\U0001f600"),
        ('<a href="https://x.example/p">A page</a>', "https://x.example/p"),
        ('<img src="blob:https://x.example/1">', "https://x.example/p"),
    ],
)
def test_where_words_are_copied_the_prompt_takes_the_words(qapp, html: str, text: str) -> None:
    mime = QMimeData()
    mime.setHtml(html)
    mime.setText(text)
    assert not has_media(mime)


@pytest.mark.parametrize("begun", ["<", "<img ", "<!--", "<img a='", "<style>", "<img a =", "&", "<img /"])
def test_a_page_that_was_made_to_be_slow_is_read_in_one_pass(begun: str) -> None:
    before = time.process_time()
    assert read_page(begun * 60_000).pictures == ()
    assert time.process_time() - before < 1.0


def test_a_browser_s_temporary_file_is_the_picture_and_its_address_no_second_one(qapp) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/dnd_file/a.png")])
    mime.setHtml(f'<img src="{ADDRESS}">')
    mime.setText(ADDRESS)
    assert sources(read(mime), takes_files=True) == [Path("/tmp/dnd_file/a.png")]


@pytest.mark.parametrize(
    ("typed", "url", "name"),
    [
        (" https://x.example/a.png?b=%20#c ", "https://x.example/a.png?b=%20#c", "a.png"),
        (
            "https://bücher.example/ä/%C3%B6.png?q=ü",
            "https://xn--bcher-kva.example/%C3%A4/%C3%B6.png?q=%C3%BC",
            "ö.png",
        ),
        ("https://x.example/a%0Ab%E2%80%AEgnp.exe", "https://x.example/a%0Ab%E2%80%AEgnp.exe", "a bgnp.exe"),
        ("https://x.example", "https://x.example", "x.example"),
    ],
)
def test_an_address_is_kept_as_every_service_can_call_it(qapp, typed: str, url: str, name: str) -> None:
    found = from_url(typed, "image")
    assert (found.url, found.name) == (url, name)


@pytest.mark.parametrize(
    "typed", ["https://x.example:99999/a.png", "https://[x/a.png", "ftp://x.example/a", "https://"]
)
def test_what_is_no_address_is_refused(qapp, typed: str) -> None:
    with pytest.raises(UserError) as refused:
        from_url(typed, "image")
    assert refused.value.code == "url_invalid"


def test_addresses_and_files_with_odd_characters(qapp) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://x.example/%C3%A4%20b.png?x=%2F")])
    assert read(mime).urls == ("https://x.example/%C3%A4%20b.png?x=%2F",)
    mime.setUrls([QUrl("file:///a/old%20%E9.png")])
    if os.name == "posix":
        assert read(mime).files == (Path(os.fsdecode(b"/a/old \xe9.png")),), "a name of another time, in Latin-1"


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("https://x.example/a.png", ("https://x.example/a.png",)),
        (
            " https://x.example/a.png \n\nhttps://x.example/b.png",
            ("https://x.example/a.png", "https://x.example/b.png"),
        ),
        ("A boat at https://x.example/a.png", ()),
        ("file:///etc/passwd", ()),
        ("javascript:alert(1)", ()),
    ],
)
def test_a_text_counts_only_as_addresses_and_nothing_else(qapp, text: str, urls: tuple[str, ...]) -> None:
    mime = QMimeData()
    mime.setText(text)
    assert read(mime).urls == urls
    assert not has_media(mime), "in the prompt it is text"


def test_a_file_on_a_server_is_no_text_in_the_prompt(qapp) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("smb://nas/films/a%20boat.mp4")])
    mime.setText("smb://nas/films/a%20boat.mp4")
    assert has_media(mime)


def test_a_table_with_its_picture_beside_it_is_text_in_the_prompt(qapp) -> None:
    mime = QMimeData()
    mime.setImageData(pixels())
    assert has_media(mime)
    mime.setText("a\tb")
    assert not has_media(mime)
    mime.setText("https://x.example/in-a-cell")
    assert not has_media(mime)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"path": 3}', b"\xff\xfe"])
def test_broken_content_of_our_own_formats_is_nothing(qapp, content: bytes) -> None:
    for name in ("references", "frame"):
        mime = QMimeData()
        mime.setData(f"application/x-sora-desktop-{name}", content)
        assert not read(mime)


def test_our_own_formats_come_back_whole_and_are_files_to_others(qapp) -> None:
    kept = (Reference(name="a.png", path="/a/a.png", sha256="0" * 64), Reference(name="b", url="https://x.example/b"))
    mime = of_references(kept)
    assert read(mime).references == kept
    assert [url.toString() for url in mime.urls()] == ["file:///a/a.png", "https://x.example/b"]
    frame = Frame(path="/v/clip.mp4", seconds=2.5, title="clip")
    mime = of_frame(frame, pixels())
    assert read(mime).frames == (frame,)
    assert sources(read(mime), takes_files=True) == [frame], "the frame of the clip, not the screen's pixels"
    assert of_frame(frame, with_clip=True).urls() == [QUrl.fromLocalFile("/v/clip.mp4")]
    two = (frame, Frame(path="/v/other.mp4"))
    mime = of_frames(two, with_clips=True)
    assert sources(read(mime), takes_files=True) == [*two], "the frames, not their files"
    assert [url.toLocalFile() for url in mime.urls()] == ["/v/clip.mp4", "/v/other.mp4"]


sides = st.integers(1, 6000)
shapes = st.sampled_from([(1280, 720), (720, 1280), (16, 9), (9, 16), (1, 1), (4, 3)])


@given(
    sides,
    sides,
    shapes,
    st.lists(st.tuples(st.sampled_from("mzp"), st.floats(-9000, 9000), st.floats(-9000, 9000)), max_size=8),
)
def test_whatever_is_done_to_a_box_it_keeps_its_shape_and_stays_inside(
    width: int, height: int, shape: tuple[int, int], steps: list[tuple[str, float, float]]
) -> None:
    cut = Cut((width, height), shape)
    box = cut.largest()
    for what, x, y in steps:
        match what:
            case "m":
                box = cut.moved(box, x, y)
            case "z":
                box = cut.zoomed(box, 2 ** (x / 3000), (abs(x) % width, abs(y) % height))
            case _:
                box = cut.pulled(box, (x > 0, y > 0), (x, y))
        near = 1e-6 * max(width, height)
        assert box.width > 0
        assert box.height > 0
        assert box.left >= -near
        assert box.top >= -near
        assert box.right <= width + near
        assert box.bottom <= height + near
        assert box.width / box.height == pytest.approx(cut.ratio, rel=1e-6)
    whole = box.whole(cut.size)
    assert whole.width >= 1
    assert whole.height >= 1
    assert whole.x >= 0
    assert whole.x + whole.width <= width
    assert whole.y + whole.height <= height


def test_zooming_keeps_the_point_under_the_mouse(qapp) -> None:
    cut = Cut((1600, 900), (16, 9))
    box = cut.zoomed(cut.largest(), 2.0, (400, 300))
    assert box == Box(200, 150, 800, 450)
    assert cut.zoomed(box, 0.5, (400, 300)) == Box(0, 0, 1600, 900)


def test_another_shape_keeps_the_middle(qapp) -> None:
    cut = Cut((1600, 900), (16, 9))
    box = cut.zoomed(cut.largest(), 2.0, (1600, 0))
    other = Cut((1600, 900), (9, 16)).reshaped(box)
    assert other.middle == pytest.approx(box.middle)
    assert other.width / other.height == pytest.approx(9 / 16)
