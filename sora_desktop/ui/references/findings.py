"""What is found out about the references of a draft, a little later: pictures, what plans make of them, addresses."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPixmap

from sora_desktop.core.errors import EnvironmentProblem, ProviderError, SoraError
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.ui.bind import bind
from sora_desktop.ui.references.reports import Known, open_fixes
from sora_desktop.ui.references.workshop import Workshop
from sora_desktop.ui.words import sentence

THUMB = 160
"""Px of the longer side of a card's picture, about twice what is shown."""


class Findings(QObject):
    """Asks for what is not known yet. `changed`: something was found; `measured`: (what was, with its facts)."""

    changed = Signal()
    measured = Signal(object, object)

    def __init__(self, workshop: Workshop, parent: QObject) -> None:
        super().__init__(parent)
        self._workshop = workshop
        self._errors: dict[str, str] = {}
        self._pictures: dict[str, QPixmap] = {}
        self._pinned: dict[str, bool] = {}
        self._asked: set[str] = set()
        self._looking: set[str] = set()
        bind(workshop.service.changed, self._pinned.clear, self)

    def picture(self, reference: Reference) -> QPixmap:
        """The small picture; empty where there is none, or not yet."""
        return self._pictures.get(_picture_key(reference), QPixmap())

    def known(self, reference: Reference, rule: ReferenceRule | None, account_id: str) -> Known:
        """What was found out so far."""
        found = Known(
            error=self._errors.get(_file_key(reference), "") or self._errors.get(_url_key(reference, account_id), ""),
            checking=_url_key(reference, account_id) in self._looking,
            pinned=self._pinned.get(reference.sha256),
        )
        if rule is None or reference.picture is None or found.error:
            return found
        made = self._workshop.known(reference, rule)
        wrong = self._errors.get(_made_key(reference, rule), "")
        return replace(found, made=made, error=wrong)

    def forget(self, reference: Reference) -> None:
        """Looks at it again: it was added anew."""
        for store in (self._errors, self._asked):
            for key in [key for key in store if (reference.sha256 or reference.url) in key]:
                store.pop(key) if isinstance(store, dict) else store.discard(key)

    def watch(self, references: Sequence[Reference], rule: ReferenceRule | None, aspect: str, account_id: str) -> None:
        """Asks for what is not known of `references` and was not asked yet."""
        for one in references:
            if one.sha256 or one.path:
                self._once(_picture_key(one), self._read_picture(one))
                if one.sha256 and one.sha256 not in self._pinned:
                    self._once(f"pinned {one.sha256} {id(self._pinned)}", self._read_pin(one.sha256), again=True)
                if one.path and one.kind == "image" and one.picture is None:
                    self._once(f"facts {one.sha256 or one.path}", self._measure(one))
            elif one.url and one.width is None:
                self._once(_url_key(one, account_id), self._look(one, account_id))
            if rule is not None and one.picture is not None and not open_fixes(one, rule, aspect):
                self._once(_made_key(one, rule), self._make(one, rule))

    def _once(self, key: str, work: Coroutine[Any, Any, None], *, again: bool = False) -> None:
        if key in self._asked:
            work.close()
            return
        self._asked.add(key)
        self._workshop.spawn(self._asked_for(key, work, again), "reference")

    async def _asked_for(self, key: str, work: Coroutine[Any, Any, None], again: bool) -> None:
        await work
        if shiboken6.isValid(self):
            if again:
                self._asked.discard(key)
            self.changed.emit()

    async def _read_picture(self, reference: Reference) -> None:
        try:
            if reference.kind == "audio":
                await self._workshop.service.original(reference)
                return
            image = await self._workshop.thumbnail(reference, THUMB)
        except SoraError as error:
            self._errors[_file_key(reference)] = sentence(error)
            return
        self._pictures[_picture_key(reference)] = QPixmap.fromImage(image)

    async def _measure(self, reference: Reference) -> None:
        """Facts of a file that was added before facts were kept."""
        with suppress(SoraError):
            path = await self._workshop.service.original(reference)
            found = await self._workshop.service.add(path, reference.name)
            if shiboken6.isValid(self):
                self.measured.emit(reference, found)

    async def _read_pin(self, sha256: str) -> None:
        with suppress(EnvironmentProblem):
            item = await self._workshop.service.store.get(sha256)
            self._pinned[sha256] = item is not None and item.pinned

    async def _make(self, reference: Reference, rule: ReferenceRule) -> None:
        try:
            await self._workshop.made(reference, rule)
        except SoraError as error:
            self._errors[_made_key(reference, rule)] = sentence(error)

    async def _look(self, reference: Reference, account_id: str) -> None:
        key = _url_key(reference, account_id)
        self._looking.add(key)
        self.changed.emit()
        try:
            found = await self._workshop.service.look(account_id, reference.url)
        except ProviderError:
            # No network: nothing is known, which is no fault of the address. It is asked for again when it is sent.
            self._asked.discard(key)
        except SoraError as error:
            self._errors[key] = sentence(error)
        else:
            if shiboken6.isValid(self):
                told = found if found.mime else found.model_copy(update={"kind": reference.kind})
                self.measured.emit(reference, told)
        finally:
            self._looking.discard(key)


def _picture_key(reference: Reference) -> str:
    return f"picture {reference.sha256 or reference.path} {reference.plan.model_dump_json()}"


def _file_key(reference: Reference) -> str:
    return f"file {reference.sha256 or reference.path}" if reference.sha256 or reference.path else ""


def _url_key(reference: Reference, account_id: str) -> str:
    return f"url {account_id} {reference.url}" if reference.url else ""


def _made_key(reference: Reference, rule: ReferenceRule) -> str:
    return f"made {reference.sha256} {reference.plan.model_dump_json()} {rule.max_bytes}"
