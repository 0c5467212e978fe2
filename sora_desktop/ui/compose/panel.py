"""The compose column as a whole: wires the page to its parts, and the parts to each other."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import shiboken6
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from sora_desktop.core.errors import SoraError
from sora_desktop.core.params import Scalar, as_text
from sora_desktop.core.request import GenerationRequest
from sora_desktop.ui.account_colours import telling_colours
from sora_desktop.ui.bind import bind
from sora_desktop.ui.compose.draft_tools import DraftTools
from sora_desktop.ui.compose.drafts import DraftBook
from sora_desktop.ui.compose.editor import PromptEditor
from sora_desktop.ui.compose.footer import Footer
from sora_desktop.ui.compose.page import Page
from sora_desktop.ui.compose.params_panel import ParamsPanel
from sora_desktop.ui.compose.picker import PickerButton
from sora_desktop.ui.compose.picker_list import PickerPopup
from sora_desktop.ui.compose.readiness import Readiness, Way
from sora_desktop.ui.compose.retargeting import Retargeting
from sora_desktop.ui.compose.said import Said
from sora_desktop.ui.model_words import MOST_HINT, bounded, notices
from sora_desktop.ui.references.drops import DropTarget
from sora_desktop.ui.references.incoming import read
from sora_desktop.ui.references.section import ReferencesSection
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import chain, keep_height, label, mark, plain
from sora_desktop.ui.widgets.hints import Hint
from sora_desktop.ui.words import number, sentence

SETTINGS_CODES = ("key_missing", "key_rejected", "account_off", "account_gone")


class ComposePanel(QWidget):
    """Writes drafts and sends them.

    `settings_requested` carries an account id, or "" for a new account. `account_changed` carries the account in use.
    `draft_changed` carries the open draft's id after another was opened. `submitted` carries the new jobs' ids.
    `undo_offered` carries a sentence about what was just done, and what takes it back. `notes_wanted` asks for the
    catalogue notes.
    """

    settings_requested = Signal(str)
    account_changed = Signal(str)
    draft_changed = Signal(str)
    submitted = Signal(list)
    undo_offered = Signal(str, object)
    notes_wanted = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._asked = False
        self._when_read = ""
        """The draft that is to be sent when its references are read."""
        self._account = ""
        mark(self, surface="panel")
        self.page = Page(studio, self)
        self.book = DraftBook(studio, self.page)
        self.readiness = Readiness(studio, self.page)
        self.picker = PickerButton(self)
        self.notice = Hint("", "muted", self)
        self.editor = PromptEditor(self)
        self.editor_hint = Hint(parent=self)
        self.references = ReferencesSection(studio, self.page, self)
        self.params = ParamsPanel(self)
        self.footer = Footer(self)
        self.said = Said(self.footer, self.readiness)
        self._picker_popup = PickerPopup(studio, self)
        self.drafts = DraftTools(studio, self.page, self.book, self)
        self.retargeting = Retargeting(studio, self.page, self)
        self._lay_out()
        self._connect()
        self.readiness.read_keys()
        self.page.settle()
        self._spawn(self.book.restore(studio.settings.current.current_draft), "restore draft")

    # The public face.

    def load(self, draft_id: str) -> None:
        """Opens a stored draft."""
        self._spawn(self.book.open(draft_id), "open draft")

    def new_draft(self) -> None:
        """Opens an empty draft for the same account and model."""
        self.page.open_new()
        self.focus_prompt()

    def use_request(self, account_id: str, request: GenerationRequest) -> None:
        """Opens a request again as a new draft; where its model cannot be picked any more, asks for another one."""
        self.page.open_request(account_id, request)
        self.focus_prompt()
        if self.page.stuck:
            self.retarget()

    def retarget(self, account_id: str = "", model_id: str = "") -> None:
        """Asks which model the draft goes to, and shows before anything changes what becomes of it."""
        self.retargeting.ask(account_id, model_id)

    def choose(self, account_id: str, model_id: str = "") -> None:
        """Picks an account, and a model of it (its default one where none is named)."""
        account = self._studio.accounts.get(account_id)
        models = [model for model in self._studio.accounts.models(account_id) if model.pickable]
        if account is None or not models:
            return
        named = {model.id for model in models}
        wanted = (model_id, self.page.draft.model, account.default_model)
        self.page.choose(account_id, next((one for one in wanted if one in named), models[0].id))

    def choose_model(self) -> None:
        """Opens the list of accounts and models."""
        draft = self.page.draft
        self._picker_popup.open_for(self.picker, (draft.account, draft.model), self.readiness.notes())

    def show_drafts(self) -> None:
        """Opens the list of drafts."""
        self.drafts.show_all(self.picker)

    def focus_prompt(self) -> None:
        """Puts the cursor into the prompt."""
        self.editor.text.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def generate(self) -> None:
        """Sends what is written, or says at the fields why not. Never waits for an earlier one."""
        self._asked = True
        self._when_read = ""
        self.said.forget()
        self._refresh()
        account, request = self.page.account, self.page.request()
        if account is None or request is None or not self.footer.button.isEnabled():
            self._to_first_way_out()
            return
        if self.references.adder.busy:
            self._when_read = self.page.draft.id
            self.said.say(self.tr("It is sent as soon as the reference is read."), "muted")
            return
        problems = self.page.problems()
        if problems:
            self._go_to(problems[0].field)
            return
        self._asked = False
        self._spawn(self._submit(account.id, request, self.page.draft.count), "submit")

    async def flush(self) -> None:
        """Returns when everything written so far is on disk."""
        await self.page.flush()

    # Building.

    def _lay_out(self) -> None:
        self.setMinimumWidth(scale(SIZES.compose_min))
        self.setMaximumWidth(scale(SIZES.compose_max))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._header())
        self._top = QVBoxLayout()
        self._top.setSpacing(8)
        self._top.addWidget(self.picker)
        self._top.addWidget(self.notice)
        outer.addLayout(self._top)
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        self._middle = QVBoxLayout(inside)
        self._middle.setSpacing(12)
        self._middle.addWidget(self.editor, 1000)
        self._middle.addWidget(self.editor_hint)
        self._middle.addWidget(self.references)
        self._middle.addWidget(label(self.tr("Parameters"), "section", parent=inside))
        self._middle.addWidget(self.params)
        self._middle.addStretch(1)
        self.area.setWidget(inside)
        outer.addWidget(self.area, 1)
        outer.addWidget(self.footer)
        for place, one in enumerate(self.drafts.below_prompt):
            self.editor.tools.insertWidget(place, one)
        self._pad()

    def _order(self) -> None:
        """Tab goes as the eye does; rows of parameters are made anew and would come last."""
        tools = self.drafts
        head = (tools.reset, tools.more, self.picker, self.editor.text, *tools.below_prompt)
        stops = (*head, *self.references.tab_stops())
        chain((*stops, self.params, self.footer.link, self.footer.count, self.footer.button))

    def _header(self) -> QWidget:
        header = QWidget(self)
        keep_height(header, SIZES.header)
        self._head = QHBoxLayout(header)
        self._head.setSpacing(2)
        self._head.addWidget(label(self.tr("Compose"), "section", parent=header))
        self._head.addStretch(1)
        self._head.addWidget(self.drafts.reset)
        self._head.addWidget(self.drafts.more)
        return header

    def _connect(self) -> None:
        page, studio = self.page, self._studio
        page.opened.connect(self._on_opened)
        page.changed.connect(self._on_changed)
        page.model_changed.connect(self._on_model_changed)
        page.references_changed.connect(self._refresh)
        page.references_changed.connect(self._order)
        self.editor.text.media_pasted.connect(lambda mime: self.references.take(read(mime)))
        self.references.adder.busy_changed.connect(self._on_reading)
        self.drops = DropTarget(self, self.references)
        page.left_behind.connect(self._on_left_behind)
        self.retargeting.done.connect(self.undo_offered)
        self.drafts.retarget_wanted.connect(self.retarget)
        page.save_failed.connect(lambda text: self.said.say(text, "danger"))
        self.book.failed.connect(lambda text: self.said.say(text, "danger"))
        self.drafts.list_wanted.connect(self.show_drafts)
        self.drafts.new_wanted.connect(self.new_draft)
        self.drafts.deleted.connect(self._on_deleted)
        self.picker.wanted.connect(self.choose_model)
        self._picker_popup.chosen.connect(self._on_chosen)
        self._picker_popup.notes_wanted.connect(self.notes_wanted)
        self._picker_popup.account_wanted.connect(self.settings_requested)
        self.editor.changed.connect(page.set_prompt)
        self.editor.left.connect(page.save_now)
        self.editor.shortened.connect(self._on_shortened)
        self.params.value_changed.connect(page.set_value)
        self.footer.count_changed.connect(page.set_count)
        self.footer.generate.connect(self.generate)
        self.said.way_wanted.connect(self._to_first_way_out)
        bind(studio.accounts.changed, page.settle, self)
        self.readiness.changed.connect(self._refresh)
        bind(theme().changed, self._pad, self)
        self.area.verticalScrollBar().rangeChanged.connect(self._pad)

    # What follows from what.

    def _on_opened(self) -> None:
        self._asked = False
        self.said.forget()
        self._show_all()
        self.draft_changed.emit(self.page.draft.id)

    def _on_changed(self) -> None:
        self.said.forget()
        self._refresh()

    def _on_model_changed(self) -> None:
        self._asked = False
        self._show_all()

    def _on_chosen(self, account_id: str, model_id: str) -> None:
        """What a draft says to a model that is no longer there is not guessed at behind the user's back."""
        if self.page.stuck and (self.page.draft.values or not self.page.blank):
            self.retarget(account_id, model_id)
        else:
            self.page.choose(account_id, model_id)

    def _show_all(self) -> None:
        page = self.page
        self.editor.show_prompt(page.draft.prompt)
        colour = telling_colours(self._studio.accounts.all).get(page.draft.account, "")
        self.picker.show_choice(page.account, page.model, page.draft.model, colour=colour)
        self.notice.say(notices(page.model) if page.model else "")
        self.notice.setToolTip(plain(notices(page.model, MOST_HINT)) if page.model else "")
        self.editor.set_limit(page.model.prompt_limit if page.model else None)
        self.params.build(page.model, page.draft.values)
        self.references.refresh()
        self._refresh()
        self._order()
        if page.draft.account != self._account:
            self._account = page.draft.account
            self.account_changed.emit(self._account)
            self.readiness.read_balance()

    def _refresh(self) -> None:
        """Shows what depends on any value: problems, cost, and whether it can be sent."""
        page, draft = self.page, self.page.draft
        problems = page.problems()
        at: dict[str, list[str]] = {}
        for problem in problems:
            if self._asked or problem.code not in ("prompt_empty", "param_missing"):
                at.setdefault(problem.field, []).append(sentence(problem))
        self.params.show_values(draft.values)
        self.params.show_problems({key: "\n".join(texts) for key, texts in at.items()})
        self.references.show_reports()
        self.editor_hint.say("\n".join(at.get("prompt", [])))
        self.editor.set_invalid("prompt" in at)
        self.drafts.reset.setEnabled(bool(draft.values))
        self.footer.show_cost(None if page.stuck else page.model, draft.values, draft.count, self.readiness.balance)
        self.said.refresh()

    def _on_reading(self, busy: bool) -> None:
        wanted = not busy and self._when_read == self.page.draft.id
        if wanted and self.references.adder.all_added:
            self.generate()
        elif wanted:
            self._when_read = ""  # What was not added is said at the references; without it nothing is sent.
            self.said.forget()
            self.said.refresh()

    def _to_first_way_out(self) -> None:
        match self.readiness.reason().way:
            case Way.MODEL:
                self.choose_model()
            case Way.RETARGET:
                self.retarget()
            case Way.SETTINGS:
                self.settings_requested.emit(self.page.account.id if self.page.account else "")
            case Way.NONE:
                pass

    def _go_to(self, field: str) -> None:
        """Puts the focus where a problem is."""
        row = self.params.rows.get(field)
        if row is not None:
            target = row.editor.widget
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif field == "references":
            target = self.references
            target.focus_problem()
        else:
            target = self.editor
            self.focus_prompt()
        # After the hint has got its room.
        QTimer.singleShot(0, target, lambda: self.area.ensureWidgetVisible(target))

    async def _submit(self, account_id: str, request: GenerationRequest, count: int) -> None:
        try:
            jobs = await self._studio.engine.submit(account_id, request, count)
        except SoraError as error:
            if shiboken6.isValid(self):
                link = self.tr("Settings…") if error.code in SETTINGS_CODES else ""
                self.said.say(sentence(error), "danger", link, lambda: self.settings_requested.emit(account_id))
            return
        if shiboken6.isValid(self):
            self.submitted.emit([job.id for job in jobs])

    def _on_deleted(self) -> None:
        undo = self.tr("Undo")
        self.said.say(self.tr("Draft deleted."), "muted", undo, lambda: self._spawn(self.book.undo(), "undo"))

    def _on_left_behind(self, lost: dict[str, Scalar]) -> None:
        said = bounded([", ".join(f"{key} = {as_text(value)}" for key, value in lost.items())])
        self.said.say(self.tr("This model does not take these; they were left out: {0}").format(said), "warning")

    def _on_shortened(self, most: int) -> None:
        self.said.say(self.tr("The text was cut: a prompt holds {0} characters.").format(number(most)), "warning")

    def _spawn(self, work: Coroutine[Any, Any, object], name: str) -> None:
        self._studio.tasks.spawn(work, name)

    # The widget.

    def _pad(self) -> None:
        self.setMinimumWidth(scale(SIZES.compose_min))
        self.setMaximumWidth(scale(SIZES.compose_max))
        compact = self.width() < scale(350)
        padding = SIZES.column_padding_compact if compact else SIZES.column_padding
        side = scale(padding)
        self._head.setContentsMargins(side, 0, side - scale(6), 0)
        self._top.setContentsMargins(side, 0, side, 0)
        # The scroll bar stands in the padding, so that the fields keep in line with the picker.
        bar = self.area.verticalScrollBar()
        taken = bar.sizeHint().width() if bar.maximum() > 0 else 0
        self._middle.setContentsMargins(side, scale(12), max(0, side - taken), scale(12))
        self.footer.set_padding(padding)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pad()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.page.save_now()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.generate()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.references.paste()
        else:
            super().keyPressEvent(event)
