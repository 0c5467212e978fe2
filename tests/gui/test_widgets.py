"""The controls: by real clicks and keys, and by the pixels they paint."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from sora_desktop.core.errors import UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.core.signal import Signal as CoreSignal
from sora_desktop.ui import words
from sora_desktop.ui.bind import bind
from sora_desktop.ui.theme import theme
from sora_desktop.ui.viewer.fact_grid import CopyButton, FactGrid
from sora_desktop.ui.viewer.facts import Fact
from sora_desktop.ui.widgets.basic import Elided, label, tool
from sora_desktop.ui.widgets.chip import Chip, chip_size, paint_chip
from sora_desktop.ui.widgets.fields import NumberField, SeedField
from sora_desktop.ui.widgets.fold import Fold
from sora_desktop.ui.widgets.hints import Empty, Hint
from sora_desktop.ui.widgets.primary import PrimaryButton, Stepper
from sora_desktop.ui.widgets.segments import Choice, Segments
from sora_desktop.ui.widgets.switch import Switch

LEFT = Qt.MouseButton.LeftButton
pytestmark = pytest.mark.usefixtures("dressed")


def shown(qtbot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    with qtbot.waitActive(widget):
        widget.show()
        widget.activateWindow()


class TestFactGrid:
    def test_other_facts_take_over_the_lines_that_are_there(self, qtbot) -> None:
        grid = FactGrid()
        grid.show_facts([[Fact("Seed", "7"), Fact("Task ID", "task_…01", "task_0001")], [Fact("Length", "8 s")]])
        shown(qtbot, grid)
        before = {id(line.name) for line in grid._lines.values()}
        grid.show_facts([[Fact("Seed", "9"), Fact("Task ID", "task_…02", "task_0002"), Fact("Size", "720p")]])
        kept = [grid._lines[0, row] for row in range(3)]
        assert {id(line.name) for line in kept[:2]} < before
        assert [line.name.text() for line in kept] == ["Seed", "Task ID", "Size"]
        copy = grid.findChild(CopyButton)
        qtbot.mouseClick(copy, LEFT)
        assert QApplication.clipboard().text() == "task_0002"
        grid.show_facts([[Fact("Seed", "9"), Fact("Task ID", "none")]])
        told = {each.text() for each in grid.findChildren(QLabel) if each.isVisible()}
        assert told == {"Seed", "9", "Task ID", "none"}
        assert not copy.isVisible()


class TestSegments:
    def made(self, qtbot, optional: bool = False) -> tuple[Segments, list[object]]:
        segments = Segments([Choice(4, "4 s"), Choice(8, "8 s"), Choice(12, "12 s")], optional=optional)
        segments.resize(240, 28)
        shown(qtbot, segments)
        told: list[object] = []
        segments.chosen.connect(told.append)
        return segments, told

    def test_a_click_chooses_and_a_second_one_keeps(self, qtbot) -> None:
        segments, told = self.made(qtbot)
        assert segments.value is None
        qtbot.mouseClick(segments.segments[1], LEFT)
        qtbot.mouseClick(segments.segments[1], LEFT)
        assert segments.value == 8
        assert told == [8]

    def test_an_optional_choice_is_taken_back_by_click_and_by_key(self, qtbot) -> None:
        segments, told = self.made(qtbot, optional=True)
        qtbot.mouseClick(segments.segments[2], LEFT)
        qtbot.mouseClick(segments.segments[2], LEFT)
        assert segments.value is None
        qtbot.mouseClick(segments.segments[0], LEFT)
        qtbot.keyClick(segments.segments[0], Qt.Key.Key_Delete)
        assert segments.value is None
        assert told == [12, None, 4, None]

    def test_arrows_move_the_choice_around_and_tab_stops_once(self, qtbot) -> None:
        segments, told = self.made(qtbot)
        segments.set_value(8)
        segments.segments[1].setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(segments.segments[1], Qt.Key.Key_Right)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
        assert told == [12, 4]
        stops = [one for one in segments.segments if one.focusPolicy() & Qt.FocusPolicy.TabFocus]
        assert [stop.choice.value for stop in stops] == [4]

    def test_nothing_moves_when_the_choice_does(self, qtbot) -> None:
        segments, _told = self.made(qtbot)
        before = [one.geometry() for one in segments.segments]
        for value in (4, 8, 12, None):
            segments.set_value(value)
            assert [one.geometry() for one in segments.segments] == before

    def test_the_chosen_plate_is_lighter(self, qtbot) -> None:
        segments, _told = self.made(qtbot)
        segments.set_value(4)
        image = segments.grab().toImage()
        assert image.pixelColor(8, 14) == QColor(theme().colours.segment_on)
        assert image.pixelColor(230, 14) == QColor(theme().colours.segment)


def test_a_switch_says_its_state_and_follows_space(qtbot) -> None:
    switch = Switch(("Keep", "Remove"))
    shown(qtbot, switch)
    assert switch.text() == "Keep"
    qtbot.mouseClick(switch, LEFT)
    assert switch.text() == "Remove"
    assert switch.grab().toImage().pixelColor(5, switch.height() // 2) in (
        QColor(theme().colours.fill),
        QColor(theme().colours.fill_hover),
    )
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert not switch.isChecked()


def test_the_stepper_stays_within_its_bounds(qtbot) -> None:
    stepper = Stepper(most=3)
    shown(qtbot, stepper)
    told: list[int] = []
    stepper.changed.connect(told.append)
    less, more = stepper._less, stepper._more
    assert not less.isEnabled()
    for _ in range(4):
        qtbot.mouseClick(more, LEFT)
    assert (stepper.value, told) == (3, [2, 3])
    assert not more.isEnabled()
    stepper.set_value(1)
    assert told == [2, 3], "setting is not telling"
    assert less.accessibleName()
    assert more.accessibleName()


class TestNumberField:
    def test_slider_and_box_are_one_value(self, qtbot) -> None:
        field = NumberField(4, 60, 1, integer=True)
        shown(qtbot, field)
        told: list[object] = []
        field.changed.connect(told.append)
        field.set_value(30)
        assert told == []
        assert field.slider is not None
        qtbot.keyClick(field.slider, Qt.Key.Key_Right)
        assert field.value == 31
        assert told == [31]
        field.box.lineEdit().selectAll()
        qtbot.keyClicks(field.box.lineEdit(), "45")
        qtbot.keyClick(field.box.lineEdit(), Qt.Key.Key_Return)
        assert field.value == 45
        assert field.slider.value() == 41
        assert isinstance(field.value, int)

    def test_without_a_default_it_can_be_left_to_the_service(self, qtbot) -> None:
        field = NumberField(1, 20, 0.5, optional=True)
        shown(qtbot, field)
        assert field.value is None
        assert field.box.text() == "Service’s choice"
        field.box.stepUp()
        assert field.value == 1.0
        field.box.stepDown()
        assert field.value is None

    def test_typed_rubbish_does_not_get_in(self, qtbot) -> None:
        field = NumberField(0, 10, integer=True)
        shown(qtbot, field)
        field.box.lineEdit().selectAll()
        qtbot.keyClicks(field.box.lineEdit(), "9x9")
        qtbot.keyClick(field.box.lineEdit(), Qt.Key.Key_Return)
        assert 0 <= field.value <= 10

    def test_a_field_without_ends_has_no_slider(self, qtbot) -> None:
        field = NumberField(integer=True)
        qtbot.addWidget(field)
        assert field.slider is None
        field.set_value(123_456_789)
        assert field.value == 123_456_789


def test_the_dice_throw_a_seed_that_fits(qtbot) -> None:
    field = SeedField(10, 20)
    shown(qtbot, field)
    told: list[object] = []
    field.changed.connect(told.append)
    assert field.value is None
    for _ in range(20):
        qtbot.mouseClick(field.dice, LEFT)
    assert len(told) == 20
    assert all(isinstance(seed, int) and 10 <= seed <= 20 for seed in told)
    field.field.selectAll()
    qtbot.keyClick(field.field, Qt.Key.Key_Backspace)
    assert field.value is None
    qtbot.keyClicks(field.field, "4a2")
    assert field.value == 42
    for low, high, thrown in ((10**12, None, {10**12}), (10**12, 10**12 + 1, {10**12, 10**12 + 1}), (0.2, 0.8, {1})):
        narrow = SeedField(low, high)
        qtbot.addWidget(narrow)
        narrow.dice.click()
        assert narrow.value in thrown


def test_chips_differ_in_shape_and_icon_not_only_in_colour() -> None:
    looks = [*words.LOOKS.values(), words.PAUSED]
    assert len({(look.icon, look.shape, look.tone, look.text) for look in looks}) == len(looks)
    by_icon: dict[tuple[str, str], set[str]] = {}
    for look in looks:
        by_icon.setdefault((look.icon, look.shape), set()).add(look.word)
    assert {frozenset(names) for names in by_icon.values() if len(names) > 1} <= {frozenset({"Sending", "Sent"})}


@pytest.mark.parametrize("name", ["dark", "light", "contrast"])
def test_a_chip_is_filled_or_outlined_as_the_theme_says(qapp: QApplication, name: str) -> None:
    theme().apply(qapp, name)
    look = words.LOOKS[State.DONE]
    image = QImage(chip_size(look), QImage.Format.Format_RGB32)
    image.fill(theme().colour("panel"))
    painter = QPainter(image)
    area = paint_chip(painter, QPoint(0, 0), look)
    painter.end()
    assert area.size() == chip_size(look)
    inside = image.pixelColor(3, 10)
    if name == "contrast":
        assert inside == theme().colour("panel")
        assert image.pixelColor(image.width() // 2, 0).green() > 150
    else:
        assert inside != theme().colour("panel")


def test_every_state_has_a_chip(qtbot) -> None:
    for state in State:
        chip = Chip(words.LOOKS[state])
        qtbot.addWidget(chip)
        assert chip.accessibleName() == words.LOOKS[state].word
        assert chip.sizeHint().height() == 20
    job = Job(id="a", intent="b", account="c", base_url="", request=GenerationRequest(provider="p", model="m"))
    assert words.look_of(job).word == "Waiting"
    assert words.look_of(job.having(held=True)) is words.PAUSED
    assert words.look_of(job.having(state=State.PREPARING), uploading=True).word == "Uploading"


def test_the_primary_button_shows_its_shortcut_where_there_is_room(qtbot) -> None:
    button = PrimaryButton("Generate", "Ctrl+Enter")
    qtbot.addWidget(button)

    def ink(size: QSize) -> int:
        button.resize(size)
        image = button.grab().toImage()
        columns = [
            x
            for x in range(8, image.width() - 8)
            if any(image.pixelColor(x, y).lightness() > 200 for y in range(8, image.height() - 8))
        ]
        return max(columns) - min(columns)

    assert ink(QSize(300, 40)) > ink(QSize(110, 40)) * 1.5
    assert button.accessibleDescription() == "Ctrl+Enter"


@pytest.mark.on_screen
def test_a_fold_opens_by_click_and_by_key(qtbot) -> None:
    fold = Fold("Advanced", QLabel("body"))
    shown(qtbot, fold)
    assert not fold.body.isVisible()
    qtbot.mouseClick(fold.header, LEFT)
    assert fold.body.isVisible()
    qtbot.keyClick(fold.header, Qt.Key.Key_Space)
    assert not fold.body.isVisible()


def test_text_from_outside_is_shown_as_it_is(qtbot) -> None:
    hostile = "<b>bold</b><img src=x>"
    hint, plain, short = Hint(hostile), label(hostile), Elided(hostile)
    empty = Empty("queue", hostile, hostile)
    for widget in (hint, plain, short, empty):
        qtbot.addWidget(widget)
    for one in (plain, short, *hint.findChildren(QLabel), *empty.findChildren(QLabel)):
        assert one.textFormat() == Qt.TextFormat.PlainText
    short.resize(20, 20)
    short.show()
    assert "<b>" not in short.toolTip()
    assert "&lt;b>" in short.toolTip()


def test_an_elided_label_keeps_its_column_narrow(qtbot) -> None:
    short = Elided("word " * 100)
    shown(qtbot, short)
    short.resize(80, 20)
    assert short.minimumSizeHint().width() < 60
    assert short.toolTip()
    short.setText("ok")
    assert not short.toolTip()


def test_icon_buttons_have_a_name(qtbot) -> None:
    button = tool("trash", "Delete")
    qtbot.addWidget(button)
    assert (button.accessibleName(), button.toolTip()) == ("Delete", "Delete")


class TestFocusRing:
    def window(self, qtbot) -> tuple[QWidget, QLineEdit, QPushButton]:
        window = QWidget()
        column = QVBoxLayout(window)
        field, button = QLineEdit(), QPushButton("Go")
        column.addWidget(field)
        column.addWidget(button)
        shown(qtbot, window)
        return window, field, button

    def ring(self) -> QWidget | None:
        assert theme().ring is not None
        ring = theme().ring.ring
        return ring if ring is not None and ring.isVisible() else None

    def test_it_follows_tab_and_stays_away_from_the_mouse(self, qtbot) -> None:
        window, field, button = self.window(qtbot)
        field.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(field, Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is button
        ring = self.ring()
        assert ring is not None
        assert ring.geometry() == button.geometry().adjusted(-3, -3, 3, 3)
        image = window.grab().toImage()
        assert image.pixelColor(button.geometry().center().x(), button.y() - 2) == QColor(theme().colours.accent)

    def test_it_moves_with_its_widget_and_leaves_with_it(self, qtbot) -> None:
        window, field, button = self.window(qtbot)
        field.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(field, Qt.Key.Key_Tab)
        window.resize(400, 200)
        ring = self.ring()
        assert ring is not None
        assert ring.geometry() == button.geometry().adjusted(-3, -3, 3, 3)
        button.hide()
        assert self.ring() is None or self.ring().geometry() != ring.geometry()

    def test_in_high_contrast_it_is_always_there(self, qtbot, qapp: QApplication) -> None:
        theme().apply(qapp, "contrast")
        _window, field, _button = self.window(qtbot)
        qtbot.mouseClick(field, LEFT)
        field.setFocus(Qt.FocusReason.MouseFocusReason)
        assert self.ring() is not None


class Sender(QObject):
    happened = Signal(str)


class Ear(QLabel):
    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self.heard = heard

    def on_happened(self, text: str) -> None:
        self.setText(text)
        self.heard.append(text)


@pytest.mark.parametrize("kind", ["core", "qt"])
def test_a_bound_slot_dies_with_its_owner(qtbot, kind: str) -> None:
    sender = Sender()
    signal = CoreSignal() if kind == "core" else sender.happened
    heard: list[str] = []
    ear = Ear(heard)
    bind(signal, ear.on_happened, ear)
    bind(signal, lambda text: heard.append(text.upper()), ear)
    signal.emit("one")
    ear.deleteLater()
    del ear
    gc.collect()
    QApplication.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
    signal.emit("two")
    assert sorted(heard) == ["ONE", "one"]
    if kind == "core":
        assert len(signal) == 0


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: words.number(10_000), "10\u202f000"),
        (lambda: words.number(7.5, 2), "7.5"),
        (lambda: words.number(1_234_567), "1\u202f234\u202f567"),
        (lambda: words.credits(None), "Price not published"),
        (lambda: words.credits(0), "Free"),
        (lambda: words.credits(1), "1 credit"),
        (lambda: words.credits(1240.0), "1\u202f240 credits"),
        (lambda: words.elapsed(8.9), "0:08"),
        (lambda: words.elapsed(228), "3:48"),
        (lambda: words.elapsed(3723), "1:02:03"),
        (lambda: words.elapsed(-5), "0:00"),
        (lambda: words.duration(10), "10 s"),
        (lambda: words.duration(600), "10 min"),
        (lambda: words.duration(3900 * 2), "2 h 10 min"),
        (lambda: words.between(120, 300), "2–5 min"),
        (lambda: words.size(0), "0 B"),
        (lambda: words.size(999_999), "1 MB"),
        (lambda: words.size(5_200_000), "5.2 MB"),
        (lambda: words.size(212e9), "212 GB"),
        (lambda: words.part_of(2_100_000, 5_200_000), "2.1 of 5.2 MB"),
        (lambda: words.part_of(900, 5_200_000), "900 B of 5.2 MB"),
        (lambda: words.part_of(2_100_000, 0), "2.1 MB"),
        (lambda: words.percent(999, 1000), "99%"),
        (lambda: words.percent(5, 0), ""),
        (lambda: words.sentence("prompt_empty"), "Write a prompt first."),
        (lambda: words.sentence(UserError("key_too_long", limit="1000")).count("1000"), 1),
        (lambda: words.sentence("prompt_too_long", {"over": "250", "limit": "10000"})[-14:], "takes 10\u202f000."),
    ],
)
def test_figures_and_sentences(call, expected: object) -> None:
    if isinstance(expected, str) and expected.startswith("takes"):
        assert call().endswith(expected)
    else:
        assert call() == expected
