"""The draft that is open: every change goes through here, and is on disk within a second."""

from __future__ import annotations

import time
import uuid

import shiboken6
from PySide6.QtCore import QObject, Signal

from sora_desktop.core import params, references, request
from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Model, Provider
from sora_desktop.core.drafts import Draft
from sora_desktop.core.params import Control, Problem, Scalar, Values
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.core.request import GenerationRequest
from sora_desktop.ui.saving import Saver
from sora_desktop.ui.studio import Studio

SAVE_AFTER = 400
"""Milliseconds from the first change to the save; more changes do not put it off."""
RETRY_AFTER = 3000


class Page(QObject):
    """Holds one draft and saves it. `opened`: another draft is shown; `changed`: this one was edited."""

    opened = Signal()
    changed = Signal()
    model_changed = Signal()
    references_changed = Signal()
    left_behind = Signal(dict)
    """Values that the draft's model does not take, by key: they are in the draft no more."""
    saved = Signal(str)
    save_failed = Signal(str)

    def __init__(self, studio: Studio, parent: QObject) -> None:
        super().__init__(parent)
        self._studio = studio
        self._unsaved: dict[str, Draft] = {}
        self._left: dict[tuple[str, str], dict[str, Scalar]] = {}
        """The values each model had when the user went on to another one."""
        self._origins: dict[str, Model] = {}
        """By draft id: the model of a job that was opened again, where its account is gone."""
        self._saver = Saver(
            studio,
            lambda: self._unsaved,
            self._save_one,
            self,
            after=SAVE_AFTER,
            again=RETRY_AFTER,
            name="save draft",
        )
        self._saver.failed.connect(self.save_failed)
        self._draft = self._blank()

    # What is open.

    @property
    def draft(self) -> Draft:
        return self._draft

    @property
    def account(self) -> Account | None:
        return self._studio.accounts.get(self._draft.account)

    @property
    def provider(self) -> Provider | None:
        return self._studio.accounts.provider(self._draft.account)

    @property
    def model(self) -> Model | None:
        provider = self.provider
        return provider.model(self._draft.model) if provider else None

    @property
    def rule(self) -> ReferenceRule | None:
        """What the model takes as references, and as many as there is room for at the draft's values; None for none."""
        model = self.model
        if model is None or model.references is None:
            return None
        room = references.room(model.references, request.chosen_slots(model, self._draft.values))
        return model.references.model_copy(update={"max_count": room})

    @property
    def stuck(self) -> bool:
        """Whether the draft names a model that cannot be picked: gone, not there yet, or unknown to its account."""
        model = self.model
        return bool(self._draft.model) and (model is None or not model.pickable)

    @property
    def origin(self) -> Model | None:
        """The draft's model, also where its account is gone; None where nobody knows it."""
        return self.model or self._origins.get(self._draft.id)

    @property
    def touched(self) -> bool:
        """Whether something was written that is not on disk yet."""
        return bool(self._unsaved)

    @property
    def blank(self) -> bool:
        """Whether the draft holds nothing of the user's."""
        return not self._draft.prompt.strip() and not self._draft.references

    def problems(self) -> list[Problem]:
        """Every reason why this may not be sent; empty when all is well, or when no model is chosen."""
        model = self.model
        if model is None:
            return []
        draft = self._draft
        hosted = self._studio.engine.references.takes_files(draft.account, model.references)
        return request.check(model, draft.prompt, draft.values, draft.references, hosted=hosted)

    def request(self) -> GenerationRequest | None:
        """What would be sent now; None where no model is chosen."""
        provider, model = self.provider, self.model
        if provider is None or model is None:
            return None
        draft = self._draft
        return GenerationRequest(
            provider=provider.id,
            model=model.id,
            prompt=draft.prompt,
            values=draft.values,
            references=draft.references,
        )

    # Opening.

    def open(self, draft: Draft) -> None:
        """Shows a stored draft. Values that no longer fit its model are left behind."""
        self._left.clear()
        self._draft = self._settled(draft)
        self.opened.emit()
        self._tell_left_behind(draft)

    def open_new(self, prompt: str = "") -> None:
        """Shows an empty draft for the same account and model. It is stored with its first change."""
        if self.blank and not prompt:
            self.opened.emit()
            return
        before = self._draft
        self.open(self._blank().model_copy(update={"account": before.account, "model": before.model, "prompt": prompt}))
        if prompt:
            self._touch()

    def open_request(self, account_id: str, wanted: GenerationRequest) -> None:
        """Shows a request again as a new draft, to be changed and sent."""
        made = self._blank().model_copy(
            update={
                "account": account_id,
                "model": wanted.model,
                "prompt": wanted.prompt,
                "values": dict(wanted.values),
                "references": wanted.references,
            }
        )
        provider = self._studio.accounts.provider_of(account_id, wanted.provider)
        model = provider.model(wanted.model) if provider else None
        if model is not None:
            self._origins[made.id] = model
        self.open(made)
        self._touch()
        self._tell_left_behind(made)

    def _blank(self) -> Draft:
        now = time.time()
        return Draft(id=uuid.uuid4().hex, created_at=now, updated_at=now)

    def _settled(self, draft: Draft) -> Draft:
        """`draft` with an account and a model where it names none, and without values that do not fit."""
        accounts = self._studio.accounts
        account = accounts.get(draft.account)
        if account is None and not draft.account:
            account = next((one for one in accounts.all if one.enabled), None)
        if account is None:
            return draft
        models = accounts.models(account.id)
        named = {model.id: model for model in models}
        model = named.get(draft.model)
        if model is None and not draft.model:
            pickable = [one for one in models if one.pickable]
            model = next((one for one in pickable if one.id == account.default_model), next(iter(pickable), None))
        if model is None:
            return draft.model_copy(update={"account": account.id})
        if not model.pickable:
            # It stays as it was written, to be read and to be re-targeted.
            return draft.model_copy(update={"account": account.id})
        values = params.carry_over(model.params, model.params, draft.values)
        return draft.model_copy(update={"account": account.id, "model": model.id, "values": values})

    def settle(self) -> None:
        """Looks again for the account and the model, after the accounts or their models changed."""
        before = self._draft
        self._draft = self._settled(before)
        self.model_changed.emit()
        self._tell_left_behind(before)

    def _tell_left_behind(self, before: Draft) -> None:
        model = self.model
        if model is None or not model.pickable or before.id != self._draft.id:
            return
        kept = {key for control in params.controls(model.params) for key in _told(control, self._draft.values)}
        lost = {key: value for key, value in before.values.items() if key not in kept}
        if lost:
            self.left_behind.emit(lost)

    # Editing.

    def set_prompt(self, prompt: str) -> None:
        if prompt != self._draft.prompt:
            self._change(prompt=prompt)

    def set_count(self, count: int) -> None:
        if count != self._draft.count:
            self._change(count=count)

    def set_value(self, key: str, value: Scalar | None) -> None:
        """Sets one parameter by its wire key; None leaves it to the service (or to its default)."""
        values = {name: kept for name, kept in self._draft.values.items() if name not in self._group(key)}
        if value is not None:
            values[key] = value
        self._change(values=values)

    def reset_values(self) -> None:
        """All parameters back to what the model has by itself."""
        self._left.clear()
        self._change(values={})
        self.model_changed.emit()

    def set_references(self, taken: tuple[Reference, ...]) -> None:
        self._change(references=taken)
        self.references_changed.emit()

    async def add_behind(self, draft_id: str, reference: Reference) -> None:
        """Into a draft that was left while the reference was read. One too many is said when it is opened again."""
        draft = self._unsaved.get(draft_id) or await self._studio.drafts.get(draft_id)
        if draft is not None and shiboken6.isValid(self):
            self._unsaved[draft_id] = draft.model_copy(update={"references": (*draft.references, reference)})
            self.save_now()

    def choose(self, account_id: str, model_id: str) -> None:
        """Another account or model. Values that fit go along; what did not fit comes back with its model."""
        before, old = self._draft, self.model
        if (before.account, before.model) == (account_id, model_id):
            return
        if old is not None:
            self._left[before.account, before.model] = dict(before.values)
        self._draft = before.model_copy(update={"account": account_id, "model": model_id})
        new = self.model
        values: dict[str, Scalar] = {}
        if new is not None:
            carried = params.carry_over(old.params, new.params, before.values) if old is not None else {}
            kept = self._left.get((account_id, model_id), {})
            if not kept:
                provider_models = (left for (_, model), left in self._left.items() if model == model_id)
                kept = next(provider_models, {})
            values = params.carry_over(new.params, new.params, {**kept, **carried})
        self._change(values=values)
        self.model_changed.emit()

    def retarget(self, account_id: str, model_id: str, values: Values) -> Draft:
        """Another account, model and values, as the user agreed to. The answer is the draft as it was, for `undo`."""
        before = self._draft
        self._left.clear()
        self._change(account=account_id, model=model_id, values=dict(values))
        self.model_changed.emit()
        return before

    def undo_retarget(self, before: Draft) -> None:
        """Account, model and values of `before` again, where its draft is open; what was written since stays."""
        if before.id == self._draft.id:
            self._change(account=before.account, model=before.model, values=before.values)
            self.model_changed.emit()

    def _group(self, key: str) -> set[str]:
        """The key, and the keys that exclude it."""
        model = self.model
        for control in params.controls(model.params) if model else ():
            names = {member.key for member in control.members}
            if key in names:
                return names
        return {key}

    def _change(self, **changes: object) -> None:
        self._draft = self._draft.model_copy(update=changes)
        self._touch()

    def _touch(self) -> None:
        self._draft = self._draft.model_copy(update={"updated_at": time.time()})
        self._unsaved[self._draft.id] = self._draft
        if not self._saver.due:
            self._saver.start()
        self.changed.emit()

    # Saving.

    def save_now(self) -> None:
        """Begins to save what is not saved."""
        self._saver.save_now()

    async def flush(self) -> None:
        """Returns when everything written so far is on disk, or when it was said that it could not be kept."""
        await self._saver.flush()

    async def _save_one(self) -> None:
        draft_id, draft = next(iter(self._unsaved.items()))
        await self._studio.drafts.save(draft)
        if self._unsaved.get(draft_id) is draft:
            del self._unsaved[draft_id]
        self.saved.emit(draft_id)

    def forget(self, draft_id: str) -> None:
        """A deleted draft is not saved again."""
        self._unsaved.pop(draft_id, None)


def _told(control: Control, values: Values) -> set[str]:
    """The keys that a control speaks for, where it has a value."""
    members = {member.key for member in control.members}
    return members if members & set(values) else set()
