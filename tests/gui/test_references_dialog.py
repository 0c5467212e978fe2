"""The dialog in which a picture is cut and saved by hand: mouse, wheel, keys; and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.core.pictures import Box, Plan
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.ui.references.box import Cut
from sora_desktop.ui.references.crop_view import CropView
from sora_desktop.ui.references.fix_dialog import FixDialog
from sora_desktop.ui.references.looks import made_words
from sora_desktop.ui.references.workshop import Workshop
from sora_desktop.ui.references.zone import DropZone
from sora_desktop.ui.theme import theme
from sora_desktop.ui.widgets.segments import Choice, Segments
from support.drops import photo
from support.loops import Run
from support.studio import Opened

LEFT = Qt.MouseButton.LeftButton
EXACT = ReferenceRule(sizes=((1280, 720), (720, 1280)), match_aspect=True)
FREE = ReferenceRule(upload=True, mime_types=("image/jpeg", "image/png", "image/webp"), max_bytes=10_000_000)


class Opener:
    """Opens the dialog for a picture under a rule, and waits until its result is shown."""

    def __init__(self, opened: Opened, run: Run, owner: QWidget) -> None:
        self._opened, self._run, self._owner = opened, run, owner
        self.workshop = Workshop(opened.studio)
        self.dialogs: list[FixDialog] = []

    def __call__(
        self, file: Path, rule: ReferenceRule = EXACT, aspect: str = "16:9", plan: Plan | None = None
    ) -> FixDialog:
        reference = self._run(self.workshop.service.add(file))
        return self.of(reference.model_copy(update={"plan": plan or Plan()}), rule, aspect)

    def of(self, reference: Reference, rule: ReferenceRule, aspect: str) -> FixDialog:
        dialog = FixDialog(self.workshop, reference, rule, aspect, self._owner)
        self.dialogs.append(dialog)
        dialog.open()
        self.settle(dialog)
        return dialog

    def settle(self, dialog: FixDialog) -> None:
        self._run.until(lambda: dialog.settled and not dialog.view._image.isNull())
        self._opened.idle()


@pytest.fixture
def show(opened: Opened, run: Run, qtbot) -> Iterator[Opener]:
    owner = QWidget()
    owner.show()
    opener = Opener(opened, run, owner)
    yield opener
    for dialog in opener.dialogs:
        if shiboken6.isValid(dialog):
            dialog.close()
    opened.idle()
    owner.close()
    owner.deleteLater()


def wheel(view: QWidget, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, view.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_it_opens_with_what_fix_would_do_and_the_result(show: Opener, tmp_path: Path) -> None:
    dialog = show(photo(tmp_path / "dusk.png", 1920, 1280))
    assert dialog.plan.crop == Box(x=0, y=100, width=1920, height=1080)
    assert dialog.plan.size == (1280, 720)
    assert dialog.outcome.text().startswith("1280×720 · PNG · ")
    assert not dialog.preview.image.isNull()
    assert dialog._cut_words.text() == "1920×1080 → 1280×720"
    assert [segment.choice.value for segment in dialog.shape.segments] == ["crop", "bars"]
    assert dialog.strip.isChecked()
    assert dialog.view.hasFocus()


def test_it_is_never_larger_than_the_screen(show: Opener, tmp_path: Path, dressed: QApplication) -> None:
    theme().apply(dressed, "dark", 150)
    dialog = show(photo(tmp_path / "dusk.png", 1920, 1280))
    room = dialog.screen().availableSize()
    assert dialog.width() <= room.width() and dialog.height() <= room.height(), "Use would be out of sight"
    assert dialog.use.mapTo(dialog, QPoint(0, dialog.use.height())).y() <= dialog.height()
    assert dialog.strip.mapTo(dialog, QPoint(dialog.strip.width(), 0)).x() <= dialog.width(), "the side is cut off"


def test_figures_keep_their_order_where_the_writing_runs_to_the_left(dressed: QApplication) -> None:
    owner = QWidget()
    zone, segments = DropZone(owner), Segments([Choice("a", "Crop", "crop"), Choice("b", "With bars")])
    segments.setParent(owner)
    for one in (zone, segments):
        one.resize(300, 60)
    zone.say("Drop an image", "Images", two_lines=True)
    before = [one.grab().toImage() for one in (zone, segments.segments[0])]
    dressed.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        assert [one.grab().toImage() for one in (zone, segments.segments[0])] == before, "the words are cut off"
        assert made_words((1280, 720), "image/png", 4000, None) == "\u20661280×720 · PNG · 4 KB\u2069"
    finally:
        dressed.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    owner.deleteLater()


def test_the_box_is_moved_and_zoomed_by_the_mouse(qtbot, show: Opener, tmp_path: Path) -> None:
    dialog = show(photo(tmp_path / "dusk.png", 1920, 1280))
    view = dialog.view
    middle = view.box_on_screen().center()
    qtbot.mousePress(view, LEFT, pos=middle.toPoint())
    qtbot.mouseMove(view, middle.toPoint() + QPoint(300, 900))
    qtbot.mouseRelease(view, LEFT)
    assert (view.box.left, view.box.top) == (0, 200), "it stops at the edge"
    wheel(view, view.box_on_screen().center(), 5)
    assert view.box.width == pytest.approx(1920 / 1.1**5)
    assert view.box.width / view.box.height == pytest.approx(16 / 9)
    before = view.box
    corner = view.box_on_screen().bottomRight().toPoint()
    qtbot.mousePress(view, LEFT, pos=corner)
    qtbot.mouseMove(view, corner - QPoint(100, 50))
    qtbot.mouseRelease(view, LEFT)
    assert (view.box.left, view.box.top) == pytest.approx((before.left, before.top)), "the other corner stays"
    assert view.box.width < before.width
    qtbot.mouseDClick(view, LEFT, pos=view.box_on_screen().center().toPoint())
    assert view.box.width == 1920
    assert dialog.plan.crop is not None
    assert dialog.plan.crop.width == 1920


def test_the_box_is_moved_and_zoomed_by_keys(qtbot, show: Opener, tmp_path: Path) -> None:
    dialog = show(photo(tmp_path / "dusk.png", 1000, 1000))
    view = dialog.view
    assert view.box.top == pytest.approx(219)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert view.box.top == pytest.approx(209), "a hundredth of the picture"
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert view.box.top == pytest.approx(210), "one px"
    for _ in range(4):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.box.width == pytest.approx(1000 / 1.1**4)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.box.left == pytest.approx((1000 - 1000 / 1.1**4) / 2 + 10)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.box.width == 1000
    assert dialog.warning.isVisible(), "1000 px are enlarged to 1280"
    assert "1.3 times" in dialog.warning.text


@pytest.mark.parametrize("size", [(1, 30_000), (30_000, 1), (1, 1)])
def test_a_strip_is_not_too_thin_for_the_hand(qtbot, dressed: QApplication, size: tuple[int, int]) -> None:
    view = CropView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show_picture(QImage(4, 4, QImage.Format.Format_RGB32), Cut(size, (16, 9)))
    for step in (0, 30):
        at = view.rect().center() + QPoint(step, step)
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
        qtbot.mouseMove(view, at + QPoint(5, 5))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at)
        wheel(view, QPointF(at), 2 - step)
        qtbot.keyClick(view, Qt.Key.Key_Right)
    view.grab()
    box = view.box.whole(size)
    assert box.x + box.width <= size[0] and box.y + box.height <= size[1]


def test_with_bars_the_whole_picture_is_kept(qtbot, show: Opener, tmp_path: Path) -> None:
    dialog = show(photo(tmp_path / "dusk.png", 1000, 1000))
    qtbot.mouseClick(dialog.shape.segments[1], LEFT)
    assert (dialog.plan.crop, dialog.plan.size, dialog.plan.fit) == (None, (1280, 720), "bars")
    qtbot.mouseClick(dialog.bars.segments[1], LEFT)
    show.settle(dialog)
    preview = dialog.preview.image
    assert preview.pixelColor(3, preview.height() // 2).lightness() > 240, "white bars"
    assert preview.pixelColor(preview.width() // 2, preview.height() // 2).lightness() > 240
    assert preview.pixelColor(preview.width() * 3 // 10, preview.height() // 2).name() != "#ffffff"
    assert not dialog.zoom_in.isEnabled()
    qtbot.mouseClick(dialog.shape.segments[0], LEFT)
    assert dialog.plan.crop is not None


def test_turning(qtbot, show: Opener, tmp_path: Path) -> None:
    dialog = show(photo(tmp_path / "tall.png", 720, 1280))
    qtbot.mouseClick(dialog.turn, LEFT)
    show.settle(dialog)
    assert dialog.plan.rotate == 90
    assert dialog.view.cut is not None
    assert dialog.view.cut.size == (1280, 720)
    assert (dialog.view._image.width(), dialog.view._image.height()) == (1280, 720)
    assert dialog.outcome.text().startswith("1280×720")
    qtbot.mouseClick(dialog.reset, LEFT)
    assert dialog.plan.rotate == 0
    show.settle(dialog)


def test_a_rule_without_a_shape_may_leave_the_picture_whole(qtbot, show: Opener, tmp_path: Path) -> None:
    dialog = show(photo(tmp_path / "a.png", 800, 600), FREE)
    assert [segment.choice.value for segment in dialog.shape.segments] == ["whole", "crop", "bars"]
    assert dialog.shape.value == "whole"
    assert dialog.plan == Plan()
    wheel(dialog.view, QPointF(dialog.view.rect().center()), 3)
    qtbot.keyClick(dialog.view, Qt.Key.Key_Left)
    assert dialog.plan == Plan(), "there is no box to move"
    qtbot.mouseClick(dialog.shape.segments[1], LEFT)
    assert dialog.plan.crop == Box(x=0, y=75, width=800, height=450)
    assert dialog.plan.size is None
    jpeg = next(one for one in dialog.kind.segments if one.choice.value == "image/jpeg")
    qtbot.mouseClick(jpeg, LEFT)
    show.settle(dialog)
    assert dialog.outcome.text().startswith("800×450 · JPEG, quality 92 · ")


def test_metadata_is_stripped_unless_the_user_says_otherwise(qtbot, show: Opener, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    dialog = show(photo(tmp_path / "a.jpg", 800, 600, exif=exif), FREE)
    assert "does not leave this machine" in dialog._strip_words.text()
    assert not dialog.plan.keep_metadata
    qtbot.mouseClick(dialog.strip, LEFT)
    assert dialog.plan.keep_metadata
    assert "are sent with the picture" in dialog._strip_words.text()
    assert dialog._strip_words.property("ink") == "warning"
    show.settle(dialog)


def test_use_gives_the_plan_and_cancel_gives_nothing(qtbot, show: Opener, tmp_path: Path) -> None:
    file = photo(tmp_path / "dusk.png", 1920, 1280)
    before = file.read_bytes()
    plans: list[object] = []
    dialog = show(file)
    dialog.accepted_plan.connect(plans.append)
    qtbot.keyClick(dialog.view, Qt.Key.Key_Down)
    qtbot.keyClick(dialog.view, Qt.Key.Key_Escape)
    assert plans == []
    dialog = show(file)
    dialog.accepted_plan.connect(plans.append)
    qtbot.keyClick(dialog.view, Qt.Key.Key_Up)
    qtbot.mouseClick(dialog.use, LEFT)
    (plan,) = plans
    assert isinstance(plan, Plan)
    assert plan.crop == Box(x=0, y=81, width=1920, height=1080)
    assert file.read_bytes() == before


def test_a_file_that_is_gone_is_said_in_the_dialog(show: Opener, tmp_path: Path, run: Run, opened: Opened) -> None:
    reference = run(show.workshop.service.add(photo(tmp_path / "a.png", 1920, 1280)))
    kept = opened.studio.engine.references.store.original(reference.sha256)
    assert kept is not None
    kept.unlink()
    (tmp_path / "a.png").unlink()
    dialog = FixDialog(show.workshop, reference, EXACT, "16:9", show._owner)
    show.dialogs.append(dialog)
    dialog.open()
    run.until(lambda: not dialog._settle.isActive())
    opened.idle()
    assert "no longer where it was" in dialog.problem.text
    assert not dialog.use.isEnabled()
