"""Every kind of parameter gets a widget that shows, changes and unsets its value."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from sora_desktop.core.catalog import Availability, Model
from sora_desktop.core.params import Option, Param, ParamType, Scalar, Wire
from sora_desktop.ui.compose.editors import Editor, make_editor, shape_icon
from sora_desktop.ui.compose.params_panel import ParamsPanel
from sora_desktop.ui.widgets.basic import chain
from sora_desktop.ui.widgets.fields import NumberField, SeedField
from sora_desktop.ui.widgets.segments import Segments
from sora_desktop.ui.widgets.switch import Switch

LEFT = Qt.MouseButton.LeftButton


def options(*values: Scalar) -> tuple[Option, ...]:
    return tuple(Option(value=value) for value in values)


PARAMS = (
    Param(key="aspect", role="aspect", default="16:9", options=options("16:9", "9:16", "1:1")),
    Param(key="steps", type=ParamType.NUMBER, integer=True, minimum=4, maximum=60, default=30),
    Param(key="guidance", type=ParamType.NUMBER, minimum=1, maximum=12, step=0.5, default=5.0),
    Param(key="motion", type=ParamType.NUMBER, minimum=1, maximum=12, step=0.5),
    Param(key="seed", type=ParamType.NUMBER, integer=True, role="seed"),
    Param(key="avoid", type=ParamType.TEXT, default="text, hands"),
    Param(key="style", options=options("cinematic", "anime", "clay", "noir")),
    Param(key="upscale", type=ParamType.BOOLEAN, default=False),
    Param(key="audio", type=ParamType.BOOLEAN),
    Param(key="raw", type=ParamType.RAW, default=7, advanced=True),
    Param(key="one", options=options("only"), default="only"),
)


@pytest.fixture
def panel(qtbot, dressed: QApplication) -> Iterator[ParamsPanel]:
    made = ParamsPanel(None)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(344, 700)
    made.build(Model(id="m", name="M", params=PARAMS), {})
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made


@pytest.fixture
def told(panel: ParamsPanel) -> list[tuple[str, object]]:
    heard: list[tuple[str, object]] = []
    panel.value_changed.connect(lambda key, value: heard.append((key, value)))
    return heard


def test_each_kind_has_its_widget_and_its_name(panel: ParamsPanel) -> None:
    kinds = {key: type(row.editor.widget) for key, row in panel.rows.items()}
    assert issubclass(kinds.pop("style"), QComboBox)
    assert issubclass(kinds.pop("one"), QComboBox)
    assert kinds == {
        "aspect": Segments,
        "steps": NumberField,
        "guidance": NumberField,
        "motion": NumberField,
        "seed": SeedField,
        "avoid": QLineEdit,
        "upscale": Switch,
        "audio": Segments,
        "raw": QLineEdit,
    }
    for key, row in panel.rows.items():
        assert row.editor.widget.accessibleName() == key.capitalize()
    assert panel.rows["raw"].note.text().startswith("Not known to this version. The service’s own value counts")


def test_defaults_are_shown_and_not_told(panel: ParamsPanel, told: list[tuple[str, object]]) -> None:
    panel.show_values({"steps": 12, "style": "clay", "audio": True, "seed": 7, "avoid": "x"})
    assert told == []
    assert panel.rows["steps"].editor.widget.value == 12
    assert panel.rows["guidance"].editor.widget.box.text() == "5.0"
    assert panel.rows["motion"].editor.widget.value is None
    assert panel.rows["style"].editor.widget.currentText() == "clay"
    assert panel.rows["audio"].editor.widget.value is True
    assert panel.rows["raw"].editor.widget.text() == "7"
    panel.show_values({})
    assert panel.rows["style"].editor.widget.currentText() == "Service’s choice"
    assert panel.rows["seed"].editor.widget.value is None
    assert panel.rows["avoid"].editor.widget.text() == "text, hands"
    assert told == []


def test_what_the_user_does_is_told_in_the_parameters_own_type(
    qtbot, panel: ParamsPanel, told: list[tuple[str, object]]
) -> None:
    rows = panel.rows
    qtbot.mouseClick(rows["aspect"].editor.widget.segments[2], LEFT)
    rows["steps"].editor.widget.box.stepUp()
    rows["motion"].editor.widget.box.stepUp()
    qtbot.keyClicks(rows["seed"].editor.widget.field, "42")
    rows["avoid"].editor.widget.selectAll()
    qtbot.keyClick(rows["avoid"].editor.widget, Qt.Key.Key_Delete)
    qtbot.keyClick(rows["style"].editor.widget, Qt.Key.Key_Down)
    qtbot.mouseClick(rows["upscale"].editor.widget, LEFT)
    qtbot.mouseClick(rows["audio"].editor.widget.segments[0], LEFT)
    rows["raw"].editor.widget.selectAll()
    qtbot.keyClicks(rows["raw"].editor.widget, "9")
    assert told == [
        ("aspect", "1:1"),
        ("steps", 31),
        ("motion", 1.0),
        ("seed", 4),
        ("seed", 42),
        ("avoid", None),
        ("style", "cinematic"),
        ("upscale", True),
        ("audio", False),
        ("raw", 9),
    ]


def test_a_problem_is_said_at_its_field_and_opens_the_fold(panel: ParamsPanel) -> None:
    assert panel.fold is not None
    panel.fold.set_open(False)
    panel.show_problems({"raw": "Raw: choose one.", "steps": "Steps: 4–60."})
    assert panel.rows["raw"].hint.isVisible()
    assert panel.rows["raw"].editor.widget.property("invalid") == "true"
    assert panel.rows["steps"].hint.text == "Steps: 4–60."
    assert not panel.rows["seed"].hint.isVisible()
    panel.show_problems({})
    assert not panel.rows["steps"].hint.isVisible()
    assert panel.rows["raw"].editor.widget.property("invalid") == "false"


def test_the_same_model_keeps_its_widgets_another_one_gets_new(panel: ParamsPanel) -> None:
    before = panel.rows["steps"]
    panel.build(Model(id="other", name="O", params=PARAMS), {"steps": 5})
    assert panel.rows["steps"] is before
    panel.build(Model(id="other", name="O", params=PARAMS[:1]), {})
    assert list(panel.rows) == ["aspect"]
    panel.build(None, {})
    assert not panel.rows


def test_tab_goes_through_all_of_them(panel: ParamsPanel) -> None:
    chain([panel])
    assert panel.rows["style"].editor.widget.nextInFocusChain() is not None


def test_labels_stand_in_one_column(panel: ParamsPanel) -> None:
    QApplication.processEvents()
    lefts = {row.editor.widget.mapTo(panel, row.editor.widget.rect().topLeft()).x() for row in panel.rows.values()}
    assert len(lefts) == 1


def test_a_wheel_over_the_panel_changes_nothing(panel: ParamsPanel, told: list[tuple[str, object]]) -> None:
    steps = panel.rows["steps"].editor.widget
    for target in (steps.slider, steps.box, panel.rows["style"].editor.widget):
        middle = QPointF(target.rect().center())
        none = (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
        event = QWheelEvent(middle, target.mapToGlobal(middle), QPoint(0, 0), QPoint(0, -120), *none)
        QApplication.sendEvent(target, event)
        assert not event.isAccepted(), "the panel scrolls instead"
    assert told == []


@pytest.mark.parametrize(
    ("value", "means", "expected"),
    [
        ("landscape", "16:9", "landscape"),
        ("720x1280", "", "portrait"),
        ("1280X720", "", "landscape"),
        ("1:1", "", "square"),
        ("2.39:1", "", "landscape"),
        ("portrait", "", "portrait"),
        ("auto", "", ""),
        ("", "", ""),
    ],
)
def test_shapes(value: str, means: str, expected: str) -> None:
    assert shape_icon(Option(value=value, means=means)) == expected


def test_a_switch_of_true_and_false_says_off_and_on(qtbot, dressed: QApplication) -> None:
    param = Param(key="loop", default="false", options=options("true", "false"))
    editor = make_editor(param, None)  # type: ignore[arg-type]
    qtbot.addWidget(editor.widget)
    assert isinstance(editor.widget, Switch)
    editor.show_value("true")
    assert editor.widget.isChecked()
    assert editor.widget.text() == "On"
    heard: list[object] = []
    editor.changed.connect(heard.append)
    qtbot.mouseClick(editor.widget, LEFT)
    assert heard == ["false"]


RANGE = {"minimum": 0, "maximum": 1, "step": 0.25}
KINDS: dict[str, tuple[Param, Scalar, str]] = {
    "aspect": (Param(key="p", role="aspect", options=options("16:9", "9:16")), "9:16", ""),
    "duration": (Param(key="p", role="duration", type=ParamType.NUMBER, integer=True, minimum=3, maximum=15), 7, ""),
    "quality": (Param(key="p", role="quality", options=options("480p", "720p", "1080p", "4k")), "4k", ""),
    "watermark": (Param(key="p", role="watermark", default="false", options=options("false", "true")), "true", ""),
    "storage": (Param(key="p", role="storage", default="s3", options=options("s3", "oss")), "oss", ""),
    "seed": (Param(key="p", role="seed", type=ParamType.NUMBER, integer=True), 987654321987654321, ""),
    "guidance": (Param(key="p", type=ParamType.NUMBER, **RANGE), 0.75, ""),
    "tiny steps": (Param(key="p", type=ParamType.NUMBER, minimum=0, maximum=1, step=1e-320), 0.5, ""),
    "fraction": (Param(key="p", type=ParamType.NUMBER), 7.25, ""),
    "text": (Param(key="p", type=ParamType.TEXT, max_length=500), "no hands", "8 of 500 characters"),
    "boolean": (Param(key="p", type=ParamType.BOOLEAN), True, ""),
    "number select": (Param(key="p", options=options(4, 8, 12, 15)), 12, ""),
    "raw": (Param(key="p", type=ParamType.RAW, wire=Wire.JSON, default="[1]"), "[2]", "Not known to this version"),
}


@pytest.fixture
def one(qtbot, dressed: QApplication, request: pytest.FixtureRequest) -> Iterator[ParamsPanel]:
    param, _value, _note = KINDS[request.param]
    made = ParamsPanel(None)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.build(Model(id="m", name="M", params=(param,)), {})
    yield made


def shown(editor: Editor) -> object:
    """What an editor would tell if it were asked."""
    widget = editor.widget
    if isinstance(widget, Switch):
        return str(widget.isChecked()).lower()
    if isinstance(widget, QComboBox):
        return widget.currentData()
    return widget.text() if isinstance(widget, QLineEdit) else widget.value


@pytest.mark.parametrize("one", KINDS, indirect=True)
def test_every_kind_and_role_shows_its_value_and_bears_odd_ones(
    one: ParamsPanel, request: pytest.FixtureRequest
) -> None:
    _param, value, note = KINDS[request.node.callspec.params["one"]]
    heard: list[object] = []
    one.value_changed.connect(lambda *told: heard.append(told))
    row = one.rows["p"]
    one.show_values({"p": value})
    assert shown(row.editor) == value
    assert row.note.text().startswith(note)
    odd: list[Scalar] = ["", "abc", "1e400", -1, 10**40, 1e300, float("nan"), float("inf"), True, "x" * 50_000]
    for each in odd:
        one.show_values({"p": each})
    assert heard == [], "showing is not changing"
    one.show_values({"p": value})
    assert shown(row.editor) == value


def test_nothing_of_a_list_makes_the_column_wider(qtbot, dressed: QApplication) -> None:
    """Of texts without end, of ranges of any length: side by side stands only what fits."""
    long = Param(key="long", options=options("x" * 1500, "y"), default="y")
    wide = Param(key="wide", type=ParamType.NUMBER, minimum=-1e14, maximum=1e14, step=1e-6, label="W" * 80)
    needed = Param(key="needed", options=options("a"), required=True)
    text = Param(key="text", type=ParamType.TEXT, default="z" * 1500)
    made = ParamsPanel(None)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.build(Model(id="m", name="M", params=(long, wide, needed, text)), {})
    assert max(row.minimumSizeHint().width() for row in made.rows.values()) <= 344, "the column less its margins"
    combo, field = made.rows["needed"].editor.widget, made.rows["text"].editor.widget
    assert isinstance(combo, QComboBox) and combo.currentText() == "Needed" and made.rows["needed"].note.text() == ""
    assert isinstance(field, QLineEdit) and field.cursorPosition() == 0, "its beginning is what is seen"


def test_a_long_text_is_shown_whole(qtbot, dressed: QApplication) -> None:
    editor = make_editor(Param(key="t", type=ParamType.TEXT, max_length=5), None)  # type: ignore[arg-type]
    qtbot.addWidget(editor.widget)
    editor.show_value("y" * 20_000)
    assert shown(editor) == "y" * 20_000


def test_a_model_that_cannot_be_picked_is_only_read(panel: ParamsPanel) -> None:
    gone = Model(id="m", name="M", params=PARAMS, availability=Availability.GONE)
    panel.build(gone, {"steps": 12})
    assert not panel.rows["steps"].editor.widget.isEnabled()
    assert panel.rows["steps"].editor.widget.value == 12
    panel.build(None, {"mystery": "#ff0000", "steps": 12})
    assert panel.rows == {}
    assert panel._none_words.text() == "Kept with this draft:\nmystery = #ff0000\nsteps = 12"
    panel.build(Model(id="m", name="M", params=PARAMS), {})
    assert panel.rows["steps"].editor.widget.isEnabled()
