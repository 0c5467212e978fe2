"""The screen of a job whose answer was lost: what happened, and the four ways out. Nothing here pays by itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.core.jobs import Job
from sora_desktop.ui import words
from sora_desktop.ui.bind import bind
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.viewer.screens import Said
from sora_desktop.ui.widgets.basic import button, label, mark
from sora_desktop.ui.widgets.hints import Hint, Picture

WIDEST = 560


class Way(QFrame):
    """One way out: what it is, what follows, and its button or field."""

    def __init__(self, title: str, sentence: str, act: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, look="card")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 12, 10)
        row.setSpacing(12)
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(label(title, "strong", wrap=True))
        text.addWidget(label(sentence, "secondary", "muted", wrap=True))
        row.addLayout(text, 1)
        row.addWidget(act, 0, Qt.AlignmentFlag.AlignVCenter)


class UncertainPage(QScrollArea):
    """`adopt_wanted` brings the id as it was typed."""

    check_wanted = Signal()
    resend_wanted = Signal()
    adopt_wanted = Signal(str)
    let_go_wanted = Signal()
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        mark(self, surface="panel")
        self._job_id = ""
        self._sentence = label("", "", "muted", wrap=True)
        self.answer = Hint("", "muted")
        self.check = button(self.tr("Check"))
        self.resend = button(self.tr("Send again…"))
        self.remote_id = QLineEdit()
        self.remote_id.setPlaceholderText(self.tr("Task ID"))
        self.remote_id.setAccessibleName(self.tr("Task ID"))
        self.remote_id.setProperty("look", "small")
        self.adopt = button(self.tr("Follow it"))
        self.let_go = button(self.tr("Let it go"))
        self.said = Said()
        self._build()
        self.check.clicked.connect(self.check_wanted)
        self.resend.clicked.connect(self.resend_wanted)
        self.adopt.clicked.connect(self._on_adopt)
        self.remote_id.returnPressed.connect(self._on_adopt)
        self.remote_id.textChanged.connect(self._on_id_changed)
        self.let_go.clicked.connect(self.let_go_wanted)
        self.said.copied.connect(self.copied)
        self._on_id_changed("")

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Picture("unsure", "uncertain", 24))
        head.addWidget(label(self.tr("The answer was lost"), "title"), 1)
        with_id = QWidget()
        id_row = QHBoxLayout(with_id)
        id_row.setContentsMargins(0, 0, 0, 0)
        id_row.addWidget(self.remote_id)
        id_row.addWidget(self.adopt)
        self._id_width = self.remote_id
        inner = QWidget()
        inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._sentence)
        column.addWidget(self.said)
        column.addSpacing(4)
        column.addWidget(
            Way(
                self.tr("Find out"),
                self.tr("Asks the service what can be asked for free, such as your balance."),
                self.check,
            )
        )
        column.addWidget(self.answer)
        column.addWidget(
            Way(
                self.tr("It was accepted"),
                self.tr("Enter its id as the service's website shows it; the clip is fetched and not paid again."),
                with_id,
            )
        )
        column.addWidget(
            Way(
                self.tr("It was not accepted"),
                self.tr("Sends it again as a new request. If it was accepted after all, you pay twice."),
                self.resend,
            )
        )
        column.addWidget(
            Way(
                self.tr("Let it go"),
                self.tr("Stops asking. The job moves to the finished ones, marked as perhaps billed."),
                self.let_go,
            )
        )
        page = QWidget()
        around = QHBoxLayout()
        around.setContentsMargins(24, 0, 24, 0)
        around.addStretch(1)
        around.addWidget(inner, 100)
        around.addStretch(1)
        whole = QVBoxLayout(page)
        whole.setContentsMargins(0, 20, 0, 20)
        whole.addStretch(1)
        whole.addLayout(around)
        whole.addStretch(1)
        self.setWidget(page)
        self._inner = inner
        self._buttons: tuple[QPushButton, ...] = (self.check, self.adopt, self.resend, self.let_go)
        bind(theme().changed, self._fit, self)
        self._fit()

    def _fit(self) -> None:
        self._inner.setMaximumWidth(scale(WIDEST))
        self.remote_id.setFixedWidth(scale(150))

    def show_job(self, job: Job) -> None:
        """What happened to this job; an answer to an earlier check goes when it is another job."""
        if job.id != self._job_id:
            self._job_id = job.id
            self.answer.say("")
            self.remote_id.clear()
        failure = job.failure
        self._sentence.setText(words.sentence(failure) if failure else "")
        self.said.say(failure.detail if failure else "", failure.request_id if failure else "")

    def _on_adopt(self) -> None:
        if self.remote_id.text().strip():
            self.adopt_wanted.emit(self.remote_id.text().strip())

    def _on_id_changed(self, text: str) -> None:
        self.adopt.setEnabled(bool(text.strip()))
        self.adopt.setToolTip("" if text.strip() else self.tr("Enter the id first"))
