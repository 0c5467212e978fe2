"""Re-target: the draft on its old model and on a new one, side by side, before anything changes."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.core.catalog import Model
from sora_desktop.core.drafts import Draft
from sora_desktop.core.retarget import Fate, Retarget, retarget
from sora_desktop.ui.bind import bind
from sora_desktop.ui.compose.retarget_rows import remaining, rows_of, summary
from sora_desktop.ui.icons import icon
from sora_desktop.ui.model_words import standing
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import Elided, button, label, line, mark
from sora_desktop.ui.widgets.fields import Combo
from sora_desktop.ui.widgets.hints import Hint

WIDTH, HEIGHT = 780, 620
MOST_TRIED = 300
"""Models of one account that are looked through for the target that keeps most of the draft."""
SHARES = (18, 21, 23, 38)
"""How the columns of the table share its width, in hundredths."""


class ComparisonTable(QTableWidget):
    """A table whose columns share its own width: a dialog's resize comes before that of what is in it."""

    def fit(self) -> None:
        side = scale(SIZES.icon)
        self.setIconSize(QSize(side, side))
        wide = self.viewport().width()
        for column, share in enumerate(SHARES[:-1]):
            self.setColumnWidth(column, wide * share // 100)
        self.setColumnWidth(3, wide - sum(self.columnWidth(column) for column in range(3)))
        self.resizeRowsToContents()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()


class RetargetDialog(QDialog):
    """`agreed` carries account, model and values; nothing else leaves the dialog, and nothing changes before."""

    agreed = Signal(str, str, dict)

    def __init__(
        self, studio: Studio, draft: Draft, old: Model | None, target: tuple[str, str], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._studio, self._draft, self._old = studio, draft, old
        self._found: Retarget | None = None
        self.setWindowTitle(self.tr("Re-target the draft"))
        self.setMinimumSize(scale(560), scale(420))
        self.resize(scale(WIDTH), scale(HEIGHT))
        self.account, self.model = Combo(self), Combo(self)
        self.account.setAccessibleName(self.tr("Account of the new model"))
        self.model.setAccessibleName(self.tr("New model"))
        self.summary = label(wrap=True, parent=self)
        self.table = self._made_table()
        self.problems = Hint("", "warning", self)
        self.cancel = button(self.tr("Cancel"), "field", parent=self)
        self.accept_button = button(self.tr("Re-target"), "field", parent=self)
        self.accept_button.setDefault(True)
        self.cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self._on_agreed)
        self._lay_out()
        self._fill_accounts(target)
        self.account.currentIndexChanged.connect(lambda: self._fill_models(""))
        self.model.currentIndexChanged.connect(self._compare)
        bind(studio.accounts.changed, self._on_accounts_changed, self)
        bind(theme().changed, self._compare, self)
        self.finished.connect(self.deleteLater)
        self.model.setFocus()

    @property
    def found(self) -> Retarget | None:
        """What the chosen target would mean; None where there is no target."""
        return self._found

    # Building.

    def _made_table(self) -> ComparisonTable:
        table = ComparisonTable(0, 4, self)
        mark(table, look="table")
        table.setAccessibleName(self.tr("What becomes of the draft"))
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.verticalHeader().hide()
        head = table.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setHighlightSections(False)
        table.setHorizontalHeaderLabels(
            [self.tr("Of the draft"), self.tr("Now"), self.tr("Then"), self.tr("What happens")]
        )
        return table

    def _lay_out(self) -> None:
        body = QVBoxLayout()
        body.setContentsMargins(24, 20, 24, 16)
        body.setSpacing(12)
        body.addLayout(self._sides())
        body.addWidget(self.summary)
        body.addWidget(self.table, 1)
        body.addWidget(self.problems)
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 10, 16, 12)
        foot.setSpacing(8)
        words = self.tr("Nothing changes before you press Re-target, and it can be undone.")
        foot.addWidget(label(words, "secondary", "muted", wrap=True, parent=self), 1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.accept_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(body, 1)
        column.addWidget(line(self))
        column.addLayout(foot)

    def _sides(self) -> QHBoxLayout:
        """The old model at the left, the choice of the new one at the right."""
        account = self._studio.accounts.get(self._draft.account)
        name = self._old.name if self._old else self._draft.model or self.tr("No model")
        of = account.name if account else self.tr("An account that was removed")
        word = standing(self._old) if self._old else self.tr("Not known here")
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(label(self.tr("Now"), "secondary", "muted", parent=self))
        left.addWidget(Elided(name, "section", parent=self))
        left.addWidget(Elided(" · ".join(filter(None, (of, word))), "secondary", "muted", parent=self))
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(label(self.tr("Then"), "secondary", "muted", parent=self))
        fields = QHBoxLayout()
        fields.setSpacing(8)
        fields.addWidget(self.account, 2)
        fields.addWidget(self.model, 3)
        right.addLayout(fields)
        sides = QHBoxLayout()
        sides.setSpacing(24)
        sides.addLayout(left, 2)
        sides.addLayout(right, 3)
        return sides

    # The target.

    def _targets(self, account_id: str) -> list[Model]:
        """The models of an account that the draft can go to: all that can be picked, but not where it is already."""
        here = (self._draft.account, self._draft.model)
        models = self._studio.accounts.models(account_id)
        return [model for model in models if model.pickable and (account_id, model.id) != here]

    def _fill_accounts(self, target: tuple[str, str]) -> None:
        self.account.clear()
        for account in self._studio.accounts.all:
            if account.enabled and self._targets(account.id):
                self.account.addItem(account.name, account.id)
        account_id, model_id = target if self.account.findData(target[0]) >= 0 else self._best()
        self.account.setCurrentIndex(self.account.findData(account_id))
        self._fill_models(model_id)

    def _fill_models(self, model_id: str) -> None:
        account_id = str(self.account.currentData() or "")
        self.model.blockSignals(True)
        self.model.clear()
        for model in self._targets(account_id):
            self.model.addItem(model.name, model.id)
        index = self.model.findData(model_id or self._best(account_id)[1])
        self.model.setCurrentIndex(max(0, index) if self.model.count() else -1)
        self.model.blockSignals(False)
        self._compare()

    def _best(self, of_account: str = "") -> tuple[str, str]:
        """The target that keeps most of the draft; the draft's own account first where it is a tie."""
        best, least = ("", ""), (10**6,) * 4
        for account in self._studio.accounts.all:
            if not account.enabled or (of_account and account.id != of_account):
                continue
            for model in self._targets(account.id)[:MOST_TRIED]:
                found = self._outcome(account.id, model)
                lost = (len(found.problems), len(found.of(Fate.DROPPED)), len(found.of(Fate.CHANGED)))
                cost = (*lost, int(account.id != self._draft.account))
                if cost < least:
                    best, least = (account.id, model.id), cost
        return best

    def _outcome(self, account_id: str, model: Model) -> Retarget:
        draft = self._draft
        hosted = self._studio.engine.references.takes_files(account_id, model.references)
        return retarget(self._old, model, draft.prompt, draft.values, draft.references, hosted=hosted)

    def _compare(self) -> None:
        """Shows what the chosen target would mean."""
        account_id, model_id = str(self.account.currentData() or ""), str(self.model.currentData() or "")
        model = self._studio.accounts.model(account_id, model_id)
        self._found = self._outcome(account_id, model) if model is not None else None
        self.accept_button.setEnabled(model is not None)
        if model is None or self._found is None:
            self.summary.setText(self.tr("There is no other model to go to. Add an account in Settings."))
            self.table.setRowCount(0)
            self.problems.say("")
            return
        self.summary.setText(summary(self._found))
        self.problems.say(remaining(self._found), "warning")
        rows = rows_of(self._draft, self._old, model, self._found)
        self.table.setRowCount(len(rows))
        for at, row in enumerate(rows):
            for column, text in enumerate((row.name, row.old, row.new, row.happens)):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{row.name}: {text}" if column else text)
                item.setForeground(theme().colour("muted" if column == 0 else "text"))
                self.table.setItem(at, column, item)
            happens = self.table.item(at, 3)
            if happens is not None:
                happens.setIcon(icon(row.icon, row.tone))
        self.table.fit()

    def _on_accounts_changed(self) -> None:
        """An account or a model may have come or gone while the dialog was open."""
        self._fill_accounts((str(self.account.currentData() or ""), str(self.model.currentData() or "")))

    def _on_agreed(self) -> None:
        account_id, model_id = str(self.account.currentData() or ""), str(self.model.currentData() or "")
        if self._found is not None:
            self.agreed.emit(account_id, model_id, dict(self._found.values))
            self.accept()
