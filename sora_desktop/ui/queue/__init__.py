"""The queue: every job as a row that says what it is doing and offers the one thing to do about it."""

from sora_desktop.ui.queue.panel import QueuePanel
from sora_desktop.ui.queue.rail import QueueRail

__all__ = ["QueuePanel", "QueueRail"]
