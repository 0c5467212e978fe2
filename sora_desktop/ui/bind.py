"""Connections that end with the widget that made them."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable
from typing import Any, Protocol

import shiboken6
from PySide6.QtCore import QObject, SignalInstance


class Connectable(Protocol):
    """A `core.signal.Signal` of any arguments."""

    def connect(self, listener: Callable[..., object]) -> Callable[[], None]: ...


def bind(signal: Connectable | SignalInstance, slot: Callable[..., object], owner: QObject) -> None:
    """Calls `slot` on each emission of `signal` as long as `owner` lives.

    Works for the engine's signals and for Qt's. A bound method does not keep its object alive.
    """
    if isinstance(signal, SignalInstance):
        connection = signal.connect(slot)
        owner.destroyed.connect(lambda: QObject.disconnect(connection))
        return
    call = _weak(slot, owner)
    disconnect = signal.connect(call)
    owner.destroyed.connect(lambda: disconnect())


def _weak(slot: Callable[..., object], owner: QObject) -> Callable[..., None]:
    target: Callable[[], Callable[..., object] | None] = (
        weakref.WeakMethod(slot) if inspect.ismethod(slot) else lambda: slot
    )
    keeper = weakref.ref(owner)

    def call(*args: Any, **kwargs: Any) -> None:
        alive, method = keeper(), target()
        if alive is not None and method is not None and shiboken6.isValid(alive):
            method(*args, **kwargs)

    return call
