"""The parameters of the chosen model, one row each, made from its description."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from sora_desktop.core.catalog import Model
from sora_desktop.core.params import Control, ParamType, Values, as_text, controls
from sora_desktop.ui.bind import bind
from sora_desktop.ui.compose.editors import Editor, make_editor
from sora_desktop.ui.model_words import MOST_HINT, bounded
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import label, mark, plain
from sora_desktop.ui.widgets.fold import Fold
from sora_desktop.ui.widgets.hints import Hint, Picture
from sora_desktop.ui.widgets.segments import Segments
from sora_desktop.ui.widgets.switch import Switch
from sora_desktop.ui.words import number

LABEL_LEAST, LABEL_WIDE, LABEL_MOST, GAP = 80, 112, 132, 8


class Row(QWidget):
    """Label, editor, and below them what is wrong or what an unset value means."""

    changed = Signal(str, object)

    def __init__(self, control: Control, parent: QWidget) -> None:
        super().__init__(parent)
        self.control = control
        param = control.param
        self.label = label(param.title, "", "muted", parent=self)
        self.label.setWordWrap(True)
        self.editor: Editor = make_editor(param, self)
        self.label.setBuddy(self.editor.widget.focusProxy() or self.editor.widget)
        if param.help:
            self.label.setToolTip(plain(param.help))
            self.editor.widget.setToolTip(plain(param.help))
        self.hint = Hint(parent=self)
        self.note = label("", "overlay", "muted", wrap=True, parent=self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(0)
        self._grid.setVerticalSpacing(3)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(self.label, 0, 0, top)
        if isinstance(self.editor.widget, Switch):
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            self._grid.addWidget(self.editor.widget, 0, 1, left)
        else:
            self._grid.addWidget(self.editor.widget, 0, 1)
        self._grid.addWidget(self.note, 1, 1)
        self._grid.addWidget(self.hint, 2, 1)
        self._grid.setColumnStretch(1, 1)
        self.editor.changed.connect(lambda value: self.changed.emit(param.key, value))
        self._unset_words = self._words_for_unset()
        self._dress()
        bind(theme().changed, self._dress, self)

    def show_values(self, values: Values) -> None:
        """Shows the value that would be sent: the user's, else the default, else none."""
        value = self.control.value(values)
        param = self.control.param
        self.editor.show_value(param.default if value is None else value)
        unset = value is None and param.default is None
        words = self._unset_words if unset else ""
        if param.type is ParamType.RAW:
            words = self._words_for_raw(sent=value is not None or param.required)
        elif param.type is ParamType.TEXT and param.max_length is not None:
            length = len(as_text(param.default or "" if value is None else value))
            words = self.tr("{0} of {1} characters").format(number(length), number(param.max_length))
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def show_problem(self, text: str) -> None:
        """Says what is wrong, or that nothing is."""
        self.hint.say(text)
        self.editor.set_invalid(bool(text))

    def set_label_width(self, width: int) -> None:
        self._grid.setColumnMinimumWidth(0, width + scale(GAP))
        self.label.setFixedWidth(width)

    def _words_for_raw(self, *, sent: bool) -> str:
        if sent:
            return self.tr("Not known to this version. It is sent as it stands here.")
        return self.tr("Not known to this version. The service’s own value counts until you write another.")

    def _words_for_unset(self) -> str:
        """Fields that are empty when unset say it themselves."""
        param = self.control.param
        if not isinstance(self.editor.widget, Segments):
            return ""
        return self.tr("Needed: choose one") if param.required else self.tr("Service’s choice until you pick one")

    def _dress(self) -> None:
        low = isinstance(self.editor.widget, Segments | Switch)
        self.label.setMinimumHeight(scale(SIZES.control if low else SIZES.field))
        self.label.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class ParamsPanel(QWidget):
    """All rows of a model. `value_changed` carries a wire key and the new value, None for unset."""

    value_changed = Signal(str, object)
    folded = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: dict[str, Row] = {}
        self._shown: tuple[str, ...] = ()
        self._body: QWidget | None = None
        self._fold: Fold | None = None
        self._opened = True
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._none_words = label("", "", "muted", wrap=True, parent=self)
        self._none = self._card(self._none_words)
        self._column.addWidget(self._none)
        bind(theme().changed, self._align, self)

    @property
    def rows(self) -> Mapping[str, Row]:
        """The rows by the wire key they edit."""
        return self._rows

    @property
    def fold(self) -> Fold | None:
        """The fold with the advanced parameters, where the model has any."""
        return self._fold

    def build(self, model: Model | None, values: Values) -> None:
        """Makes the rows of `model`; the same model again keeps its widgets.

        A model that cannot be picked is only to be read, and so are the values of one that is not known.
        """
        wanted = () if model is None else tuple(param.model_dump_json() for param in model.params)
        if model is None or wanted != self._shown or self._body is None:
            self._clear()
            self._shown = wanted
            if model is not None:
                self._make(model)
        self._none.setVisible(model is None)
        self._none_words.setText(self._words_for_none(values))
        self.setEnabled(model is None or model.pickable)
        self.show_values(values)

    def show_values(self, values: Values) -> None:
        """Shows `values` in all rows without telling."""
        for row in self._rows.values():
            row.show_values(values)

    def show_problems(self, texts: Mapping[str, str]) -> None:
        """Says at each field what is wrong with it; `texts` are sentences by wire key."""
        for key, row in self._rows.items():
            row.show_problem(texts.get(key, ""))
            if key in texts and row.control.param.advanced and self._fold is not None:
                self._fold.set_open(True)

    def _words_for_none(self, values: Values) -> str:
        if not values:
            return self.tr("Each model has its own options. They appear here when you choose one.")
        lines = (f"{key} = {as_text(value)}" for key, value in values.items())
        return self.tr("Kept with this draft:") + "\n" + bounded(lines, MOST_HINT)

    def _make(self, model: Model) -> None:
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        found = controls(model.params)
        for control in found:
            if not control.param.advanced:
                column.addWidget(self._row(control, body))
        advanced = [control for control in found if control.param.advanced]
        self._fold = None
        if advanced:
            inside = QWidget(body)
            rows = QVBoxLayout(inside)
            rows.setContentsMargins(0, 0, 0, 0)
            rows.setSpacing(8)
            for control in advanced:
                rows.addWidget(self._row(control, inside))
            self._fold = Fold(self.tr("Advanced"), inside, opened=self._opened, parent=body)
            self._fold.toggled.connect(self._on_folded)
            column.addWidget(self._fold)
        self._body = body
        self._column.addWidget(body)
        body.show()
        self._align()

    def _row(self, control: Control, parent: QWidget) -> Row:
        row = Row(control, parent)
        row.changed.connect(self.value_changed)
        self._rows[control.param.key] = row
        return row

    def _clear(self) -> None:
        self._rows.clear()
        self._fold = None
        if self._body is not None:
            self._column.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
            self._body = None

    def _on_folded(self, opened: bool) -> None:
        self._opened = opened
        self.folded.emit(opened)

    def _align(self) -> None:
        """All labels are as wide as the widest, within bounds, so that the fields stand in one column."""
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(row.label.text()) for row in self._rows.values()), default=0)
        wide = self.width() > scale(320)
        least, most = scale(LABEL_WIDE if wide else LABEL_LEAST), scale(LABEL_MOST if wide else 100)
        width = max(least, min(most, widest + 2))
        for row in self._rows.values():
            row.set_label_width(width)

    def resizeEvent(self, event: object) -> None:
        self._align()

    def _card(self, words: QLabel) -> QFrame:
        card = QFrame(self)
        mark(card, look="outline")
        row = QHBoxLayout(card)
        row.setContentsMargins(12, 12, 12, 12)
        row.setSpacing(10)
        row.addWidget(Picture("sliders", "muted", 16, card), 0, Qt.AlignmentFlag.AlignTop)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(words, 1)
        return card
