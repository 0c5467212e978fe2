"""The references of a draft: cards, the ways to add more, and the tray."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from sora_desktop.core import fixes
from sora_desktop.core.errors import SoraError
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.ui.bind import bind
from sora_desktop.ui.compose.page import Page
from sora_desktop.ui.references.adding import Adder, Source, same
from sora_desktop.ui.references.card import Card
from sora_desktop.ui.references.dragging import drag_out
from sora_desktop.ui.references.findings import Findings
from sora_desktop.ui.references.fix_dialog import FixDialog
from sora_desktop.ui.references.incoming import PLACE, Frame, Incoming, of_references, read
from sora_desktop.ui.references.looks import invitation, kind_words, rule_lines, rule_words
from sora_desktop.ui.references.reports import refitted, report
from sora_desktop.ui.references.sending import Sending
from sora_desktop.ui.references.tray import Tray
from sora_desktop.ui.references.urls import AddressEntry
from sora_desktop.ui.references.workshop import Workshop
from sora_desktop.ui.references.zone import DropZone
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import button, label, mark, tool
from sora_desktop.ui.widgets.hints import Hint
from sora_desktop.ui.words import number, sentence

FILTERS = {
    "image": "*.jpg *.jpeg *.png *.webp *.heic *.heif *.avif *.gif *.bmp *.tif *.tiff",
    "video": "*.mp4 *.mov *.webm",
    "audio": "*.mp3 *.m4a *.wav *.aac *.ogg",
}
MOST_LINES = 8
"""Of what was not added; more would push the prompt away."""


class ReferencesSection(QWidget):
    """Shows and changes the references of `page`. `settings_wanted` asks for an account's reference host."""

    settings_wanted = Signal(str)

    def __init__(self, studio: Studio, page: Page, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._page = studio, page
        self._rule: ReferenceRule | None = None
        self._shape: tuple[str, str, str, int] | None = None
        self.workshop = Workshop(studio)
        self.adder = Adder(self.workshop, page)
        self._findings = Findings(self.workshop, self)
        self.cards: list[Card] = []
        self._sending = Sending(studio.engine, lambda: self.cards, self)
        self._build()
        self._lay_out()
        self._connect()

    # Building.

    def _build(self) -> None:
        self._title = label(self.tr("References"), "section", parent=self)
        self._count = label("", "secondary", "muted", parent=self)
        self.zone = DropZone(self)
        self._address = tool("link", self.tr("Add by address"), self.tr("Add by its address on the web"), parent=self)
        self._address.setCheckable(True)
        self._open_tray = tool("history", self.tr("Tray"), self.tr("References used before"), parent=self)
        self._open_tray.setCheckable(True)
        self.entry = AddressEntry(self)
        self.tray = Tray(self.workshop, self)
        self.tray.hide()
        self.hint = Hint(parent=self)
        self.refusals = Hint(parent=self)
        self._dismiss = tool("x", self.tr("Dismiss"), parent=self)
        self._note = Hint("", "muted", self)
        self.only = Hint("", "muted", self)
        """Says that this account takes public addresses only."""
        self.host_link = button(self.tr("Set up a reference host…"), "link", parent=self)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._count)
        head.addSpacing(4)
        for one in (self._address, self._open_tray):
            mark(one, look="small")
            head.addWidget(one)
        column.addLayout(head)
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        column.addLayout(self._list)
        column.addWidget(self.zone)
        column.addWidget(self.entry)
        refused = QHBoxLayout()
        refused.setSpacing(4)
        refused.addWidget(self.refusals, 1)
        refused.addWidget(self._dismiss, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(refused)
        for one in (self.only, self.host_link, self.hint, self._note, self.tray):
            column.addWidget(one)
        self._dismiss.hide()

    def _connect(self) -> None:
        page = self._page
        page.opened.connect(self._on_opened)
        page.model_changed.connect(self._on_rules_changed)
        page.changed.connect(self._on_rules_changed)
        page.references_changed.connect(self.refresh)
        self.zone.clicked.connect(lambda: self.browse())
        self.zone.pasted.connect(self.paste)
        self.host_link.clicked.connect(lambda: self.settings_wanted.emit(self._page.draft.account))
        self._address.toggled.connect(self._on_address_toggled)
        self._open_tray.toggled.connect(self.tray.setVisible)
        self.entry.entered.connect(lambda url: self._add([url]))
        self.entry.field.media_pasted.connect(lambda mime: self.take(read(mime)))
        self.tray.taken.connect(lambda reference: self._add([reference]))
        self.tray.problem.connect(lambda text: self._refuse([text]))
        self._dismiss.clicked.connect(lambda: self._refuse([]))
        self.adder.refused.connect(self._refuse)
        self.adder.added.connect(self._findings.forget)
        self.adder.busy_changed.connect(lambda _busy: self.refresh())
        self._findings.changed.connect(self.show_reports)
        self._findings.measured.connect(self._on_measured)
        bind(self._studio.accounts.changed, self.refresh, self)

    def tab_stops(self) -> tuple[QWidget, ...]:
        """What Tab goes through, as the eye does; cards are made anew and would come last."""
        head = (self._address, self._open_tray)
        return (*head, *self.cards, self.zone, self.entry, self._dismiss, self.host_link, self.tray)

    # What is shown.

    @property
    def aspect(self) -> str:
        """The chosen ratio in shared words; empty where the model has none."""
        model = self._page.model
        return fixes.chosen_aspect(model.params, self._page.draft.values) if model else ""

    def refresh(self) -> None:
        """Shows what the page holds, by the rule of its model."""
        self._rule = rule = self._page.rule
        taken = self._page.draft.references
        self._show_itself()
        most = rule.max_count if rule else 0
        count = self.tr("{0} of {1}").format(len(taken), most) if taken and rule else ""
        self._count.setText(self.tr("Reading…") if self.adder.busy else count)
        room = rule is not None and len(taken) < most
        self._show_zone()
        self._address.setVisible(room and self.hosted)
        alone = room and not self.hosted
        self.only.say(
            f"{rule_words(rule)}. {self.tr('Files of yours need a reference host.')}" if alone and rule else ""
        )
        self.host_link.setVisible(alone)
        self._open_tray.setVisible(rule is not None)
        self.tray.setVisible(rule is not None and self._open_tray.isChecked())
        self._show_entry(room and (not self.hosted or self._address.isChecked()))
        self._note.say(rule.note if rule and taken else "")
        if [card.reference for card in self.cards] != list(taken):
            self._rebuild(taken)
        self._findings.watch(taken, rule, self.aspect, self._page.draft.account)
        self.show_reports()

    def _show_itself(self) -> None:
        """Not where a model takes none and there is none; what was refused is said all the same."""
        said = bool(self._page.draft.references or self.refusals.text)
        self.setVisible(said or self._rule is not None)

    def _show_zone(self) -> None:
        rule, taken = self._rule, self._page.draft.references
        room = rule is not None and len(taken) < rule.max_count
        self.zone.setVisible(room and self.hosted)
        if rule is not None:
            words = rule_words(rule, hosted=self.hosted)
            self.zone.say(invitation(rule), words, two_lines=not taken, tip=rule_lines(rule))

    def show_reports(self) -> None:
        """Says on each card what is known by now."""
        rule, aspect, account = self._rule, self.aspect, self._page.draft.account
        for card in self.cards:
            known = self._findings.known(card.reference, rule, account)
            several = rule is not None and rule.max_count > 1 and len(self.cards) > 1
            card.show_report(report(card.reference, rule, aspect, known, hosted=self.hosted, several=several))
            card.show_picture(self._findings.picture(card.reference))
        self._say()

    def _say(self) -> None:
        count = len(self.cards)
        if count and self._rule is None:
            self.hint.say(sentence("reference_none_taken"))
        elif self._rule is not None and count > self._rule.max_count:
            args = {"count": str(count), "limit": str(self._rule.max_count)}
            self.hint.say(sentence("reference_too_many", args))
        else:
            self.hint.say("")

    def focus_problem(self) -> None:
        """Puts the focus where the first thing to mend is."""
        card = next((card for card in self.cards if card.report.hint or card.report.errors), None)
        if card is not None:
            card.attend()
        elif self.zone.isVisible():
            self.zone.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _rebuild(self, taken: tuple[Reference, ...]) -> None:
        focused = next((place for place, card in enumerate(self.cards) if card.isAncestorOf(self.focusWidget())), -1)
        for card in self.cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [self._card(reference) for reference in taken]
        for card in self.cards:
            self._list.addWidget(card)
        self._sending.show()
        if focused >= 0:
            after = self.cards[min(focused, len(self.cards) - 1)].thumb if self.cards else self.zone
            after.setFocus(Qt.FocusReason.OtherFocusReason)

    def _card(self, reference: Reference) -> Card:
        card = Card(reference, self)
        card.fix_wanted.connect(lambda: self._fix(card))
        card.adjust_wanted.connect(lambda: self.adjust(card))
        card.removed.connect(lambda: self._put(self.cards.index(card), None))
        card.replace_wanted.connect(lambda: self.browse(self.cards.index(card)))
        card.link_clicked.connect(lambda: self._on_link(card))
        card.pin_wanted.connect(lambda pinned: self.tray.pin(card.reference.sha256, pinned))
        card.moved.connect(lambda step: self.reorder(self.cards.index(card), self.cards.index(card) + step))
        card.dragged.connect(lambda: self._drag(card))
        return card

    def _on_opened(self) -> None:
        self._refuse([])
        self._shape = None
        self._on_rules_changed()
        self.refresh()

    def _on_rules_changed(self) -> None:
        """Another model or ratio: boxes follow it, and everything is checked anew, at once."""
        draft = self._page.draft
        rule = self._page.rule
        shape = (draft.account, draft.model, self.aspect, rule.max_count if rule else 0)
        if shape == self._shape:
            return
        before, self._shape = self._shape, shape
        if before is not None and before[:2] != shape[:2]:
            self._refuse([])  # What another model did not take.
        if before is not None and rule is not None:
            fitted = tuple(refitted(rule, one, self.aspect) for one in draft.references)
            if fitted != draft.references:
                self._page.set_references(fitted)
                return
        self.refresh()

    # What the person does with a card.

    def _fix(self, card: Card) -> None:
        """One click: the best fix of every miss."""
        reference, rule = card.reference, self._rule
        if reference.picture is not None and rule is not None:
            self._plan(card, fixes.mended(rule, reference.picture, reference.plan, self.aspect))

    def adjust(self, card: Card) -> FixDialog | None:
        """Opens the dialog in which the picture is cut and saved by hand."""
        if card.reference.picture is None or self._rule is None:
            return None
        dialog = FixDialog(self.workshop, card.reference, self._rule, self.aspect, self.window())
        reference = card.reference
        dialog.accepted_plan.connect(lambda plan: self._plan_of(reference, plan))
        dialog.open()
        return dialog

    def _plan_of(self, reference: Reference, plan: object) -> None:
        card = next((card for card in self.cards if same(card.reference, reference)), None)
        if card is not None:
            self._plan(card, plan)

    def _plan(self, card: Card, plan: object) -> None:
        self._put(self.cards.index(card), card.reference.model_copy(update={"plan": plan}))

    def _put(self, place: int, reference: Reference | None) -> None:
        """Another reference in a place; None takes it away."""
        taken = list(self._page.draft.references)
        taken[place : place + 1] = [reference] if reference is not None else []
        self._page.set_references(tuple(taken))

    def reorder(self, place: int, to: int) -> None:
        """Moves a card to another place."""
        taken = list(self._page.draft.references)
        if 0 <= to < len(taken) and to != place:
            taken.insert(to, taken.pop(place))
            self._page.set_references(tuple(taken))

    @property
    def rule(self) -> ReferenceRule | None:
        """What the page takes now; None for nothing."""
        return self._rule

    @property
    def hosted(self) -> bool:
        """Whether local files can reach the service."""
        return self._studio.engine.references.takes_files(self._page.draft.account, self._rule)

    def _on_link(self, card: Card) -> None:
        if card.reference.path:
            missing = bool(self._findings.known(card.reference, self._rule, self._page.draft.account).error)
            if missing:
                self.browse(self.cards.index(card))
            else:
                self.settings_wanted.emit(self._page.draft.account)
        elif card.reference.url:
            self.workshop.spawn(self._fetch(card.reference), "fetch reference")

    async def _fetch(self, reference: Reference) -> None:
        """A copy of what is at an address, which can be mended."""
        try:
            copy = await self.workshop.service.fetch(self._page.draft.account, reference.url)
        except SoraError as error:
            self._refuse([sentence(error)])
            return
        place = next((at for at, one in enumerate(self._page.draft.references) if same(one, reference)), -1)
        if place >= 0:
            self._put(place, copy)

    def _on_measured(self, before: Reference, found: Reference) -> None:
        place = next((at for at, one in enumerate(self._page.draft.references) if one == before), -1)
        if place >= 0 and found != before:
            self._put(place, found)

    def _drag(self, card: Card) -> None:
        mime = of_references([card.reference])
        mime.setData(PLACE, str(self.cards.index(card)).encode())
        drag_out(card, mime, self._findings.picture(card.reference))

    # Adding.

    def browse(self, place: int | None = None) -> QFileDialog:
        """Opens the file dialog; what is chosen takes the `place` of a card, or is added."""
        dialog = QFileDialog(self.window(), self.tr("Add a reference"))
        single = place is not None or (self._rule is not None and self._rule.max_count == 1)
        mode = QFileDialog.FileMode
        dialog.setFileMode(mode.ExistingFile if single else mode.ExistingFiles)
        kinds = self._rule.kinds if self._rule else ("image",)
        patterns = " ".join(FILTERS.get(kind, "") for kind in kinds).strip()
        title = kind_words(kinds, 2).capitalize()
        dialog.setNameFilters([f"{title} ({patterns} {patterns.upper()})", self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.add_files(names, place))
        dialog.open()
        return dialog

    def add_files(self, names: list[str], place: int | None = None) -> None:
        """Adds local files; each is read off the window's thread first."""
        self._add([Path(name) for name in names], place)

    def add_frame(self, frame: Frame) -> None:
        """Adds a frame of a clip."""
        self._add([frame])

    def paste(self) -> None:
        """Adds what is on the clipboard."""
        incoming = read(QGuiApplication.clipboard().mimeData())
        if incoming:
            self.take(incoming)
        elif self.isVisible():
            self._refuse([self.tr("On the clipboard is no picture, no file and no address.")])

    def take(self, incoming: Incoming, place: int | None = None, *, replace: bool = False) -> None:
        """Adds what was pasted or dropped, at the `place` of a card, or in its stead."""
        # What hung over the window may turn out to be nothing when it is let go: pixels that cannot be decoded.
        self._refuse([] if incoming else [self.tr("This holds no picture, no file and no address that can be read.")])
        if incoming:
            self.adder.take(incoming, place, replace=replace)

    def _add(self, wanted: Sequence[Source], place: int | None = None) -> None:
        self._refuse([])
        self.adder.add(wanted, place, replace=place is not None)

    def _refuse(self, lines: list[str]) -> None:
        """Says what was not added, a line each; nothing for an empty list."""
        shown = lines if len(lines) <= MOST_LINES else lines[: MOST_LINES - 1]
        rest = [self.tr("… and {0} more.").format(number(len(lines) - len(shown)))] if len(shown) < len(lines) else []
        self.refusals.say("\n".join([*shown, *rest]))
        self._dismiss.setVisible(bool(lines))
        self._show_itself()

    def _on_address_toggled(self, on: bool) -> None:
        self._show_entry(on or not self.hosted)
        if on:
            self.entry.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_entry(self, shown: bool) -> None:
        self.entry.setVisible(shown)
