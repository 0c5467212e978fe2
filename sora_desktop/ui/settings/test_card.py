"""The free test of an account and what it brought."""

from __future__ import annotations

import time
from http import HTTPStatus

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from sora_desktop.core.catalog import Provider
from sora_desktop.core.errors import ProviderError, SoraError
from sora_desktop.engine.diagnosis import Diagnosis
from sora_desktop.ui.settings.account_state import AccountState, Outcome
from sora_desktop.ui.widgets.basic import Elided, button, keep_height, label, line
from sora_desktop.ui.widgets.hints import Picture
from sora_desktop.ui.words import credits, number, sentence

BALANCE = 2
"""The column of the balance."""


class TestCard(QFrame):
    """`wanted` asks for a test. It reads a balance or a model list and starts nothing that costs."""

    __test__ = False  # No test of pytest's.
    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self._picture = Picture("plug", "muted")
        self._title = label(face="section")
        self._when = Elided(face="secondary", ink="muted")
        self.button = button(self.tr("Test"))
        self.button.clicked.connect(self.wanted)
        top = QWidget()
        keep_height(top, 48)
        row = QHBoxLayout(top)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._picture)
        row.addWidget(self._title)
        row.addWidget(self._when, 1)
        row.addWidget(self.button)
        self._line = line()
        self._facts = QWidget()
        grid = self._grid = QGridLayout(self._facts)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        self._values = [label(face="strong") for _ in range(4)]
        names = (self.tr("Answer"), self.tr("Time"), self.tr("Balance"), self.tr("Models"))
        self._names = [label(name, "secondary", "muted") for name in names]
        for column, (name, value) in enumerate(zip(self._names, self._values, strict=True)):
            grid.addWidget(name, 0, column)
            grid.addWidget(value, 1, column)
            grid.setColumnStretch(column, 1)
        self._reason = label(wrap=True)
        self._reason.setContentsMargins(16, 12, 16, 12)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (top, self._line, self._facts, self._reason):
            layout.addWidget(widget)

    @property
    def title(self) -> str:
        return self._title.text()

    @property
    def reason(self) -> str:
        """Why the test failed, in full; empty where it did not."""
        return self._reason.text()

    @property
    def facts(self) -> tuple[str, ...]:
        """Answer, time, balance where there is one, and models, as shown."""
        return tuple(value.text() for value in self._values if not value.isHidden())

    def show_state(self, state: AccountState, provider: Provider | None = None) -> None:
        """The running test, the last one, or that there was none. A balance stands there only where `provider` tells
        one."""
        self._show_balance(provider is None or provider.has_balance)
        outcome = state.outcome
        self.button.setEnabled(not state.testing)
        self.button.setText(
            self.tr("Testing…") if state.testing else self.tr("Test again") if outcome else self.tr("Test")
        )
        self._when.setText(_when(self.tr("Tested at {0}"), outcome))
        check = outcome.check if outcome else None
        error = outcome.error if outcome else None
        if state.testing:
            self._head("render", "accent", self.tr("Asking the service…"))
        elif check is not None and check.verified:
            self._head("checkc", "success", self.tr("Connection works"))
        elif check is not None:
            self._head("checkc", "muted", self.tr("The service answers"))
        elif error is not None:
            self._head("fail", "danger", self.tr("The test failed"))
        else:
            self._head("plug", "muted", self.tr("Not tested yet"))
        if check is not None:
            self._show_facts(check.http_status, check.milliseconds, check.balance, check.models)
        reason = failure_words(error, outcome.diagnosis if outcome else None) if error else ""
        if check is not None and not check.verified:
            reason = self.tr("This service has no free call that proves the key. The first clip will show it.")
        self._reason.setText(reason)
        self._facts.setVisible(check is not None)
        self._reason.setVisible(bool(reason))
        self._line.setVisible(check is not None or bool(reason))

    def _show_balance(self, shown: bool) -> None:
        for widget in (self._names[BALANCE], self._values[BALANCE]):
            widget.setVisible(shown)
        self._grid.setColumnStretch(BALANCE, int(shown))

    def _head(self, picture: str, ink: str, title: str) -> None:
        self._picture.show_icon(picture, ink)
        self._title.setText(title)

    def _show_facts(self, status: int, milliseconds: float, balance: float | None, models: int | None) -> None:
        texts = (
            _status(status),
            self.tr("{0} ms").format(number(milliseconds, 0)),
            self.tr("Not shown") if balance is None else credits(balance),
            self.tr("Not listed") if models is None else self.tr("{0} found").format(models),
        )
        for value, text in zip(self._values, texts, strict=True):
            value.setText(text)


def promise(provider: Provider) -> str:
    """What the test of an account of `provider` does, in words."""
    match provider.has_balance, provider.lists_models or provider.server is not None:
        case True, True:
            text = QT_TRANSLATE_NOOP("TestCard", "The test reads your balance and model list.")
        case True, False:
            text = QT_TRANSLATE_NOOP("TestCard", "The test reads your balance.")
        case False, True:
            text = QT_TRANSLATE_NOOP("TestCard", "The test asks the server for its list of models.")
        case _:
            text = QT_TRANSLATE_NOOP("TestCard", "The test asks the service for a free answer.")
    never = QCoreApplication.translate("TestCard", "It never starts a paid job.")
    return " ".join((QCoreApplication.translate("TestCard", str(text)), never))


def failure_words(error: SoraError, diagnosis: Diagnosis | None = None) -> str:
    """The sentence (the diagnosis' where there is one), then what the service itself said, then what its support asks
    for."""
    first = sentence(diagnosis.code, diagnosis.args) if diagnosis else sentence(error)
    if not isinstance(error, ProviderError):
        return first
    failure = error.failure
    lines = [first]
    if failure.detail and failure.detail not in first and failure.http_status is not None:
        lines.append(QCoreApplication.translate("TestCard", "The service says: {0}").format(failure.detail[:400]))
    if failure.request_id:
        lines.append(QCoreApplication.translate("TestCard", "Request id: {0}").format(failure.request_id))
    return "\n".join(lines)


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _when(template: str, outcome: Outcome | None) -> str:
    return template.format(time.strftime("%H:%M", time.localtime(outcome.at))) if outcome else ""
