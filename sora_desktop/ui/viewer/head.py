"""What stands beside the tabs while the viewer is shown: the file's name and the size of the picture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from sora_desktop.core.jobs import Job
from sora_desktop.ui.theme import scale
from sora_desktop.ui.viewer.dropdown import Dropdown
from sora_desktop.ui.widgets.basic import Elided

ZOOMS = (0.5, 1.0, 2.0)


class ViewerHead(QWidget):
    """Made by the viewer, placed by the window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.file = Elided("", "secondary", "muted", mode=Qt.TextElideMode.ElideMiddle)
        self.file.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.zoom = Dropdown(self.tr("Size of the picture"))
        self.zoom.set_choices([(None, self.tr("Fit")), *((zoom, f"{zoom:.0%}") for zoom in ZOOMS)])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(scale(8))
        row.addWidget(self.file, 1)
        row.addWidget(self.zoom)

    def show_job(self, job: Job | None) -> None:
        """The name of the job's file, where it has one."""
        self.file.setText(Path(job.path).name if job is not None and job.path else "")
        self.file.setToolTip("")

    def show_zoom(self, zoom: float | None, shown: float | None) -> None:
        """`zoom` as it was chosen, None to fit; `shown` as it came out, None where there is no picture."""
        self.zoom.setVisible(bool(shown))
        percent = f"{round((shown or 0) * 100)}%"
        self.zoom.set_value(zoom, self.tr("Fit {0}").format(percent) if zoom is None else percent)
