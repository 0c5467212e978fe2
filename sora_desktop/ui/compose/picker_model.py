"""The rows behind the picker: accounts, and below each its models."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Model
from sora_desktop.ui.model_words import MOST_HINT, bounded, counted, notices, standing
from sora_desktop.ui.widgets.basic import plain
from sora_desktop.ui.words import credits, modes

AnyIndex = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading (`model` is None) or a model. `note` is why an account is not ready; empty when it is.

    `usable`: the account is switched on, and its model is one that can be picked.
    """

    account: Account
    model: Model | None = None
    note: str = ""
    usable: bool = True
    colour: str = ""

    @property
    def word(self) -> str:
        """Why the model itself cannot be picked; empty where it can."""
        return standing(self.model) if self.model else ""

    @property
    def searched(self) -> str:
        model = self.model
        words = (self.account.name, model.name, model.id, model.summary) if model else (self.account.name,)
        return " ".join(words).casefold()


class PickerModel(QAbstractListModel):
    """The rows, headings included; headings cannot be chosen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._all: list[Entry] = []
        self._rows: list[Entry] = []
        self.current = ("", "")

    def fill(self, entries: list[Entry], current: tuple[str, str]) -> None:
        """Shows other entries; `current` is the account and model in use."""
        self.current = current
        self._all = entries
        self.filter("")

    def filter(self, text: str) -> None:
        """Keeps the models that hold every word of `text`, and the headings above them.

        Without words an account without models keeps its heading too, which says why it has none.
        """
        words = text.casefold().split()
        kept = [one for one in self._all if one.model is None or all(word in one.searched for word in words)]
        filled = {one.account.id for one in kept if one.model is not None}
        if not words:
            filled |= {one.account.id for one in self._all if one.usable}
        self.beginResetModel()
        self._rows = [one for one in kept if one.account.id in filled]
        self.endResetModel()

    @property
    def models(self) -> int:
        """How many models there are, unfiltered."""
        return sum(one.model is not None for one in self._all)

    def entry(self, row: int) -> Entry:
        return self._rows[row]

    def row_of(self, account_id: str, model_id: str) -> int:
        """The row of a model, else the first that can be chosen, else -1."""
        for row, one in enumerate(self._rows):
            if one.model is not None and (one.account.id, one.model.id) == (account_id, model_id):
                return row
        return next((row for row, one in enumerate(self._rows) if one.model is not None and one.usable), -1)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        one = self._rows[index.row()]
        if one.model is None or not one.usable:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        one = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return one.account.name if one.model is None else one.model.name
        if role == Qt.ItemDataRole.AccessibleDescriptionRole and one.model is not None:
            price = counted(one.model) or credits(one.model.credits)
            said = " ".join(notices(one.model).splitlines())
            return ", ".join(filter(None, (one.account.name, modes(one.model), price, one.word, one.note, said)))
        if role == Qt.ItemDataRole.ToolTipRole and one.model is not None:
            words = (one.model.summary, counted(one.model), one.word, *one.model.notices)
            return plain(bounded(words, MOST_HINT)) or None
        return None
