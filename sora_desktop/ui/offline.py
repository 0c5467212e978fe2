"""Says at the top of the window that no service answers, as long as that is so."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import label
from sora_desktop.ui.widgets.hints import Picture


class OfflineBanner(QFrame):
    """Shown while `engine.online` is False. Nothing has to be done about it, so it offers nothing."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("offline-banner")
        self._text = label(
            self.tr(
                "No service answers. Drafts can be written; jobs wait and go on by themselves when the network is back."
            ),
            wrap=True,
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 7, 16, 7)
        row.setSpacing(8)
        row.addWidget(Picture("offline", "warning"))
        row.addWidget(self._text, 1)
        bind(studio.engine.online_changed, self._on_online_changed, self)
        self._on_online_changed(studio.engine.online)

    def _on_online_changed(self, online: bool) -> None:
        self.setVisible(not online)
