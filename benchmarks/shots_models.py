"""Pictures of the living catalogue: the list of models, a draft whose model is gone, re-target, notes, the radar."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from sora_desktop.core.catalog import Availability
from sora_desktop.core.drafts import Draft
from sora_desktop.core.params import Param, ParamType, Wire
from sora_desktop.engine.offers import place_of
from sora_desktop.storage.warnings import Warning
from sora_desktop.ui.catalogue_notes import CatalogueNotes
from sora_desktop.ui.compose.picker_list import PickerPopup
from sora_desktop.ui.compose.retarget_dialog import RetargetDialog
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.studio import Studio

ACCOUNT = "simulator-rivya"
PROMPT = "A small fishing boat drifts through a misty harbour at first light. Slow dolly left along the pier."
WARNINGS = (
    ("changed", "radar_changed", {"account": "Rivya", "models": "Sora 2 Pro (Duration, Quality)"}),
    ("gone", "radar_gone", {"account": "Rivya", "model": "Ridge Motion 1"}),
    ("down", "radar_down", {"account": "GlobalAIOPC"}),
)
MYSTERY = Param(key="mystery", type=ParamType.RAW, wire=Wire.JSON, default="#ff0000", unknown={"type": "colour_wheel"})

Take = Callable[..., Awaitable[None]]


async def model_screens(take: Take, window: MainWindow, studio: Studio) -> None:
    """All of them, at 100 and at 150 %."""
    await studio.live.refresh(ACCOUNT, force=True)
    await _pictures(take, window, studio, "")
    await studio.settings.change(text_size=150)
    await _pictures(take, window, studio, "-150")
    await studio.settings.change(text_size=100)


async def _pictures(take: Take, window: MainWindow, studio: Studio, size: str) -> None:
    _lose(studio, "")
    compose = window.compose
    draft = Draft(id=f"shot{size}", prompt=PROMPT, account=ACCOUNT, model="ridge-motion-1", updated_at=time.time())
    values = {"duration": 15, "resolution": "1080p", "guidance": 0.7, "negative_prompt": "text, hands", "seed": 4711}
    compose.page.open(draft.model_copy(update={"values": values}))
    await take(f"compose-live{size}", window, (1440, 900))
    compose.choose_model()
    popup = window.findChild(PickerPopup)
    assert isinstance(popup, PickerPopup)
    await take(f"picker{size}", popup)
    popup.hide()
    _lose(studio, "ridge-motion-1")
    await take(f"compose-gone{size}", window)
    compose.retarget()
    dialog = window.findChild(RetargetDialog)
    assert isinstance(dialog, RetargetDialog)
    await take(f"retarget{size}", dialog)
    dialog.reject()
    notes = CatalogueNotes(studio, window)
    notes.show()
    await take(f"catalogue-notes{size}", notes)
    notes.close()
    await _radar(take, window, studio, size)


async def _radar(take: Take, window: MainWindow, studio: Studio, size: str) -> None:
    for kind, code, args in WARNINGS:
        said = {"key": f"{kind}{size}", "kind": kind, "account": ACCOUNT, "code": code, "args": args}
        await studio.radar._sayings.say(Warning.model_validate({**said, "at": time.time()}))
    await take(f"radar{size}", window)
    window.radar.more.click()
    await take(f"radar-open{size}", window)
    for warning in studio.radar.warnings:
        studio.radar.dismiss(warning.key)


def _lose(studio: Studio, model_id: str) -> None:
    """Models as a list may bring them: one that is gone, a notice, a parameter of a kind that nobody knows."""
    account = studio.accounts.get(ACCOUNT)
    assert account is not None
    gone = {"availability": Availability.GONE, "gone_at": time.time() - 9 * 86_400}
    known = {"availability": Availability.AVAILABLE, "gone_at": None, "notices": ("Slower than usual this week.",)}
    models = []
    for model in studio.accounts.models(ACCOUNT):
        changes = (gone if model.id == model_id else known) if model.id == "ridge-motion-1" else {}
        params = model.params if "mystery" in {param.key for param in model.params} else (*model.params, MYSTERY)
        models.append(model.model_copy(update={**changes, "params": params} if changes else {}))
    studio.accounts.offers.put_models(place_of(account), tuple(models))
