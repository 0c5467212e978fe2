"""The pinned foot of the column: what it costs, what is left, how many, and Generate."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sora_desktop.core.catalog import Model
from sora_desktop.core.params import Values
from sora_desktop.core.pricing import estimate
from sora_desktop.ui.bind import bind
from sora_desktop.ui.model_words import counted, price
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import Elided, button, label, line, mark, plain
from sora_desktop.ui.widgets.hints import Hint
from sora_desktop.ui.widgets.primary import PrimaryButton, Stepper
from sora_desktop.ui.words import number


class Footer(QWidget):
    """`generate` and `count_changed` are the user's; `link_clicked` asks for what the message is about."""

    generate = Signal()
    count_changed = Signal(int)
    link_clicked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cost = label("", "cost", parent=self)
        self.balance = Elided("", "secondary", "muted", parent=self)
        self.message = Hint(parent=self)
        self.link = button("", "link", parent=self)
        self.link.hide()
        self.count = Stepper(parent=self)
        self.button = PrimaryButton(self.tr("Generate"), self.tr("Ctrl+Enter"), self)
        self._layout()
        self.count.changed.connect(self.count_changed)
        self.button.clicked.connect(self.generate)
        self.link.clicked.connect(self.link_clicked)
        bind(theme().changed, self._dress, self)

    def _layout(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(line(self))
        self._column = QVBoxLayout()
        self._column.setSpacing(10)
        said = QHBoxLayout()
        said.setSpacing(8)
        said.addWidget(self.message, 1)
        said.addWidget(self.link, 0, Qt.AlignmentFlag.AlignTop)
        self._column.addLayout(said)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.cost)
        self.balance.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self.balance, 1)
        self._column.addLayout(top)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.count)
        row.addWidget(self.button, 1)
        self._column.addLayout(row)
        outer.addLayout(self._column)
        self._padding = SIZES.column_padding
        self._dress()

    def set_padding(self, px: int) -> None:
        self._padding = px
        self._dress()

    def _dress(self) -> None:
        side = scale(self._padding)
        self._column.setContentsMargins(side, scale(13), side, scale(16))

    def show_cost(self, model: Model | None, values: Values, count: int, balance: float | None) -> None:
        """What `count` clips cost, and what the account has. None where it is not known."""
        self.count.set_value(count)
        if model is None:
            self.cost.setText(self.tr("No cost yet"))
            self.cost.setToolTip("")
            mark(self.cost, face="", ink="muted")
            self.balance.setText("")
            return
        cost = estimate(model, values, count)
        self.cost.setText(price(model, cost))
        self.cost.setToolTip(plain(counted(model)))
        mark(self.cost, face="" if cost is None else "cost", ink="muted" if cost is None else "")
        self.balance.setText("" if balance is None else self.tr("Balance {0}").format(number(balance, 2)))
        short = balance is not None and cost is not None and cost > balance
        mark(self.balance, ink="warning" if short else "muted")

    def say(self, text: str, tone: str = "danger", link: str = "") -> None:
        """A message above the cost, with a link where something can be done; empty for none."""
        self.message.say(text, tone)
        self.link.setText(link)
        self.link.setVisible(bool(link))

    def set_ready(self, ready: bool, why: str = "") -> None:
        """Whether Generate can be pressed, and in the tooltip why not."""
        self.button.setEnabled(ready)
        self.count.setEnabled(ready)
        self.button.setToolTip(plain(why))
