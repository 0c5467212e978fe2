"""Theme, size of text, motion."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QSlider, QSpinBox, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.settings.form import Form, Page, beside
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import LEAST_TEXT, MOST_TEXT, scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import keep_height, label, roomy
from sora_desktop.ui.widgets.fields import Combo
from sora_desktop.ui.widgets.switch import Switch

REST_MS = 250
"""A new text size lays out everything again: not at each step of a drag."""


class AppearancePage(Page):
    """How the window looks; shown at once."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("appearance-page")
        self.set_title(self.tr("Appearance"))
        self._studio = studio
        self.form = Form()
        self.theme = Combo()
        words = {
            "system": self.tr("As the system"),
            "dark": self.tr("Dark"),
            "light": self.tr("Light"),
            "contrast": self.tr("High contrast"),
        }
        for name, text in words.items():
            self.theme.addItem(text, name)
        self.theme.activated.connect(lambda: self._keep(theme=str(self.theme.currentData())))
        self.form.add("theme", self.tr("Theme"), beside(self.theme, stretch=-1), target=self.theme)

        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.box = QSpinBox()
        for each in (self.slider, self.box):
            each.setRange(LEAST_TEXT, MOST_TEXT)
            each.setSingleStep(5)
            each.setAccessibleName(self.tr("Text size"))
        self.slider.setPageStep(10)
        self.box.setSuffix(self.tr(" %"))
        roomy(self.box)
        keep_height(self.box, SIZES.field)
        self.slider.valueChanged.connect(self.box.setValue)
        self.box.valueChanged.connect(self._on_text_size)
        self.form.add("text", self.tr("Text size"), beside(self.slider, self.box), target=self.box)
        sample = self.tr("Rows, buttons and columns grow with the text.")
        self.form.add("sample", "", label(sample, "secondary", "muted", wrap=True))

        self.motion = Switch((self.tr("Off"), self.tr("On")))
        self.motion.setAccessibleName(self.tr("Reduce motion"))
        self.motion.toggled.connect(lambda on: self._keep(reduce_motion=on))
        self.form.add("motion", self.tr("Reduce motion"), beside(self.motion, stretch=-1), target=self.motion)
        still = self.tr("The ring of a rendering job stands still, and bars do not glide.")
        self.form.add("still", "", label(still, "secondary", "muted", wrap=True))
        self.tray = Switch((self.tr("Off"), self.tr("On")))
        self.tray.setAccessibleName(self.tr("Go on in the tray"))
        self.tray.toggled.connect(lambda on: self._keep(close_to_tray=on))
        self.form.add("tray", self.tr("Go on in the tray"), beside(self.tray, stretch=-1), target=self.tray)
        goes_on = self.tr(
            "Closing the window while jobs run leaves the program in the tray, where there is one. Without it the "
            "program ends; the services go on, and their clips are fetched at the next start."
        )
        self.form.add("goes_on", "", label(goes_on, "secondary", "muted", wrap=True))
        self.column.addWidget(self.form)
        self.column.addStretch(1)

        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(lambda: self._keep(text_size=self.box.value()))
        bind(studio.settings.changed, self._fill, self)
        bind(theme().changed, self._measure, self)
        self._fill()
        self._measure()

    def _fill(self) -> None:
        settings = self._studio.settings.current
        self.theme.setCurrentIndex(max(0, self.theme.findData(settings.theme)))
        for each in (self.slider, self.box, self.motion, self.tray):
            each.blockSignals(True)
        if not self._rest.isActive():
            self.slider.setValue(settings.text_size)
            self.box.setValue(settings.text_size)
        self.motion.setChecked(settings.reduce_motion)
        self.motion.setText(self.tr("On") if settings.reduce_motion else self.tr("Off"))
        self.tray.setChecked(settings.close_to_tray)
        self.tray.setText(self.tr("On") if settings.close_to_tray else self.tr("Off"))
        for each in (self.slider, self.box, self.motion, self.tray):
            each.blockSignals(False)

    def _on_text_size(self, percent: int) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(percent)
        self.slider.blockSignals(False)
        self._rest.start()

    def _keep(self, **changes: object) -> None:
        self._studio.tasks.spawn(self._studio.settings.change(**changes), "settings, appearance")

    def _measure(self) -> None:
        self.theme.setFixedWidth(scale(200))
        self.box.setFixedWidth(scale(88))
