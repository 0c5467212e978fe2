"""From what was dropped, pasted or chosen to references of the draft; what does not fit is refused in a line each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QUrl, Signal
from PySide6.QtGui import QImage

from sora_desktop.core.errors import EnvironmentProblem, SoraError, UserError
from sora_desktop.core.naming import shown_name
from sora_desktop.core.references import Reference
from sora_desktop.ui.compose.page import Page
from sora_desktop.ui.references.incoming import ELSEWHERE, Frame, Incoming, is_web
from sora_desktop.ui.references.looks import kind_words
from sora_desktop.ui.references.workshop import Workshop, frame_name
from sora_desktop.ui.words import number, sentence

LONGEST_URL = 2000

Source = Path | Frame | QImage | bytes | str | Reference
"""A file, a frame of a clip, pixels, a file's bytes, a web address, or a reference that is known already."""


class Adder(QObject):
    """Adds to the references of `page`. `refused` carries a line for each thing that was not added."""

    refused = Signal(list)
    added = Signal(object)
    """A Reference that is in the draft now."""
    busy_changed = Signal(bool)

    def __init__(self, workshop: Workshop, page: Page) -> None:
        super().__init__(page)
        self._workshop, self._page = workshop, page
        self._running = 0
        self._turn = asyncio.Lock()
        self._lines: list[str] = []
        self.all_added = True
        """Whether everything of the last time it was busy is in the draft now."""

    @property
    def busy(self) -> bool:
        """Whether something is being read that will be added."""
        return self._running > 0

    def take(self, incoming: Incoming, place: int | None = None, *, replace: bool = False) -> None:
        """Adds what `incoming` offers, at `place` (the end where it is None), or in place of what is there."""
        if incoming:
            self.add(sources(incoming, self._takes_files()), place, replace=replace)

    def add(self, wanted: Sequence[Source], place: int | None = None, *, replace: bool = False) -> None:
        """Adds each of `wanted`; files are read off the window's thread."""
        self._set_running(1)  # Now: what is sent next must wait for it.
        work = self._add(tuple(wanted), place, replace, self._page.draft.id)
        self._workshop.spawn(work, "add references")

    def _takes_files(self) -> bool:
        rule, account = self._page.rule, self._page.account
        return (
            rule is None or rule.upload or rule.attach or (account is not None and account.reference_host is not None)
        )

    async def _add(self, wanted: tuple[Source, ...], place: int | None, replace: bool, draft_id: str) -> None:
        lines: list[str] | None = None
        try:
            # One after the other, as they came: the last one dropped is the one that stays where only one is taken.
            async with self._turn:
                lines = await self._add_in_turn(wanted, place, replace, draft_id)
        finally:
            if shiboken6.isValid(self):
                self.all_added = self.all_added and lines == []
                if lines:
                    self._lines += lines
                    self.refused.emit([*self._lines])
                self._set_running(-1)

    async def _add_in_turn(
        self, wanted: tuple[Source, ...], place: int | None, replace: bool, draft_id: str
    ) -> list[str] | None:
        """A line for each that was not added; None where the draft is no longer the open one."""
        lines: list[str] = []
        put = 0
        for one in wanted:
            # What there is no room for is not read, and not kept in the tray.
            rule = self._page.rule
            replaces = not put and (replace or (rule is not None and rule.max_count == 1))
            here = self._page.draft.id == draft_id
            line = self._no_room(_name(one), not replaces) if here else ""
            if line:
                lines.append(line)
                continue
            try:
                reference = await self._made(one)
            except SoraError as error:
                lines.append(sentence(error))
                continue
            if not shiboken6.isValid(self):
                return None
            if self._page.draft.id != draft_id:
                with suppress(EnvironmentProblem):
                    await self._page.add_behind(draft_id, reference)
                continue
            line = self._why_not(reference, may_replace=not put, replace=replace and not put)
            if line:
                lines.append(line)
                continue
            self._put(reference, place, replace=replace and not put)
            put += 1
            place = None if place is None else place + 1
        return lines if self._page.draft.id == draft_id else None

    def _set_running(self, step: int) -> None:
        before, self._running = self._running, self._running + step
        if not before:
            self.all_added, self._lines = True, []
        if bool(before) != self.busy:
            self.busy_changed.emit(self.busy)

    async def _made(self, wanted: Source) -> Reference:
        if isinstance(wanted, Reference):
            await self._workshop.service.used(wanted)
            return wanted
        if isinstance(wanted, str):
            if urlsplit(wanted).scheme in ELSEWHERE:
                raise UserError("reference_elsewhere", name=_name(wanted))
            rule = self._page.rule
            return from_url(wanted, rule.kinds[0] if rule and rule.kinds else "image")
        return await self._workshop.take_in(wanted)

    def _why_not(self, reference: Reference, *, may_replace: bool, replace: bool) -> str:
        """The line of refusal; empty where it fits (what a click can mend, fits). One that stands alone is replaced."""
        rule, taken = self._page.rule, self._page.draft.references
        name = reference.name or reference.url
        if rule is None:
            return self._no_room(name, False)
        if reference.kind not in rule.kinds:
            return sentence("reference_kind", {"name": name, "kinds": kind_words(rule.kinds, 2)})
        if any(same(other, reference) for other in taken):
            return tr("{0} is there already.").format(name)
        replaces = bool(taken) and (replace or (may_replace and rule.max_count == 1))
        return self._no_room(name, len(taken) - replaces >= rule.max_count)

    def _no_room(self, name: str, full: bool) -> str:
        """The line of refusal where the model takes none, or where it is `full` and nothing may be replaced."""
        rule = self._page.rule
        if rule is None:
            return tr("{0}: this model takes no references.").format(name)
        if not full or len(self._page.draft.references) < rule.max_count:
            return ""
        count = tr("1 reference") if rule.max_count == 1 else tr("{0} references").format(number(rule.max_count))
        return tr("{0} was not added: this model takes {1}.").format(name, count)

    def _put(self, reference: Reference, place: int | None, *, replace: bool) -> None:
        rule, taken = self._page.rule, list(self._page.draft.references)
        if taken and (replace or (rule is not None and len(taken) >= rule.max_count)):
            taken[min(place or 0, len(taken) - 1)] = reference
        else:
            taken.insert(len(taken) if place is None else min(place, len(taken)), reference)
        self._page.set_references(tuple(taken))
        self.added.emit(reference)


def tr(text: str) -> str:
    return QCoreApplication.translate("References", text)


def sources(incoming: Incoming, takes_files: bool) -> list[Source]:
    """The best form of what is offered: pixels and files where those can be sent, else addresses."""
    found: list[Source] = [*incoming.references, *incoming.frames, *incoming.files, *incoming.elsewhere]
    if found:
        return [*found, *(url for url in incoming.urls if incoming.files)]
    own: list[Source] = [incoming.data] if incoming.data else []
    own = own or ([incoming.image] if incoming.image is not None else [])
    # A picture inside a link brings the page's address; the page's HTML names the picture itself.
    named: list[Source] = [*(incoming.pictures or incoming.urls)]
    return (own or named) if takes_files else (named or own)


def _name(source: Source) -> str:
    """What to call something that was not read."""
    match source:
        case Path():
            return shown_name(source.name)
        case Frame():
            return frame_name(source)
        case Reference():
            return source.name or source.url
        case str():
            return shown_name(source.rstrip("/").rpartition("/")[2])
        case _:
            return tr("A picture")


def same(one: Reference, other: Reference) -> bool:
    """Whether both stand for the same file or the same address."""
    if one.sha256 or other.sha256:
        return one.sha256 == other.sha256
    return one.url == other.url


def from_url(text: str, kind: str) -> Reference:
    """A public address as a reference. Raises UserError where it is none."""
    url = text.strip()
    if not url:
        raise UserError("url_empty")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or not is_web(url) or len(url) > LONGEST_URL:
        raise UserError("url_invalid", url=url[:80])
    if parts.username or parts.password:
        raise UserError("url_has_login")
    if not url.isascii():  # Not every service can fetch from what people can read.
        url = QUrl(url).toString(QUrl.ComponentFormattingOption.FullyEncoded)
    return Reference(kind=kind, name=shown_name(PurePosixPath(unquote(parts.path)).name) or host, url=url)
