"""Where finished videos go, and what they are called."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from functools import partial
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.core.naming import DEFAULT_TEMPLATE, FIELDS, file_stem, unknown_fields
from sora_desktop.providers.threads import in_thread
from sora_desktop.storage.library import ensure_folder
from sora_desktop.ui.bind import bind
from sora_desktop.ui.glances import Glances
from sora_desktop.ui.places import free_bytes, open_folder, short, videos_folder
from sora_desktop.ui.settings.form import Form, Page, beside
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import button, label, tool
from sora_desktop.ui.words import sentence, size


class FilesPage(Page):
    """The videos folder and the name template."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("files-page")
        self.set_title(self.tr("Files"))
        self._studio = studio
        self.form = Form()
        self.folder = QLineEdit()
        self.folder.setReadOnly(True)
        self.change = button(self.tr("Change…"), "field")
        self.change.clicked.connect(self.choose_folder)
        self.open = button(self.tr("Open"), "field")
        self.open.clicked.connect(self._on_open)
        self.standard = tool("retry", self.tr("Back to the system's videos folder"))
        self.standard.clicked.connect(lambda: self._set_folder(""))
        row = beside(self.folder, self.change, self.open, self.standard)
        self.form.add("folder", self.tr("Videos folder"), row, target=self.folder)
        self.free = label(face="secondary", ink="muted")
        self.form.add("free", "", self.free)

        self.template = QLineEdit()
        self.template.setMaxLength(200)
        self.template.textEdited.connect(self._on_template_edited)
        self.template.editingFinished.connect(self._on_template_left)
        self.default = tool("retry", self.tr("Back to the usual name"))
        self.default.clicked.connect(self._on_template_reset)
        self.form.add("template", self.tr("File names"), beside(self.template, self.default), target=self.template)
        self.form.add("fields", "", self._field_buttons())
        self.example = label(wrap=True)
        self.example.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.form.add("example", self.tr("Example"), self.example)
        note = self.tr(
            "Files that are there already keep their names. Nothing is ever overwritten: a second file gets “(2)”."
        )
        self.column.addWidget(self.form)
        self.column.addWidget(label(note, "secondary", "muted", wrap=True))
        self.column.addStretch(1)
        self._glances = Glances()
        self._wanted = ""
        bind(self._glances.changed, lambda _folder: self._show_free(), self)
        bind(studio.settings.changed, self._fill, self)
        self._fill()

    def _field_buttons(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for name in FIELDS:
            each = button(f"{{{name}}}", "small")
            each.setToolTip(self._field_words()[name])
            each.setAccessibleName(self.tr("Insert {0}").format(self._field_words()[name]))
            each.clicked.connect(lambda _checked=False, name=name: self._insert(f"{{{name}}}"))
            row.addWidget(each)
        row.addStretch(1)
        return box

    def _field_words(self) -> dict[str, str]:
        return {
            "date": self.tr("the day"),
            "time": self.tr("the time"),
            "prompt": self.tr("the first words of the prompt"),
            "model": self.tr("the model"),
            "account": self.tr("the account"),
            "id": self.tr("a few characters that are this job's alone"),
        }

    def _fill(self) -> None:
        settings = self._studio.settings.current
        folder = videos_folder(settings, self._studio.paths)
        self.folder.setText(short(folder))
        self.folder.setToolTip(str(folder))
        self.standard.setEnabled(bool(settings.videos_folder))
        self._glances.look(str(folder), partial(free_bytes, folder))
        self._show_free()
        if not self.template.isModified():
            self.template.setText(settings.name_template)
            self._judge()
        self.default.setEnabled(settings.name_template != DEFAULT_TEMPLATE)

    def _show_free(self) -> None:
        folder = videos_folder(self._studio.settings.current, self._studio.paths)
        free = self._glances.seen(str(folder))
        if free is None:
            self.free.setText("")
        else:
            self.free.setText(
                self.tr("The disk does not answer.") if free < 0 else self.tr("{0} free").format(size(free))
            )

    def choose_folder(self) -> None:
        """Opens the system's dialog for a folder."""
        current = videos_folder(self._studio.settings.current, self._studio.paths)
        dialog = QFileDialog(self, self.tr("Where should finished videos go?"), str(current))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._set_folder)
        dialog.open()

    def _set_folder(self, folder: str) -> None:
        self._studio.tasks.spawn(self._take(folder), "videos folder")

    async def _take(self, folder: str) -> None:
        self._wanted = folder
        if not folder:
            self.form.wrong("folder", "")
        elif not await self._went_well(in_thread(partial(ensure_folder, Path(folder)))):
            return
        if folder == self._wanted:  # Else another one was chosen while its disk did not answer.
            await self._studio.settings.change(videos_folder=folder)

    def _on_open(self) -> None:
        folder = videos_folder(self._studio.settings.current, self._studio.paths)
        self._studio.tasks.spawn(self._went_well(open_folder(folder)), "open the videos folder")

    async def _went_well(self, work: Awaitable[object]) -> bool:
        """Whether it did; what is wrong with the folder stands at it."""
        wrong = ""
        try:
            await work
        except EnvironmentProblem as problem:
            wrong = sentence(problem)
        if shiboken6.isValid(self):
            self.form.wrong("folder", wrong)
        return not wrong

    def _insert(self, place: str) -> None:
        self.template.insert(place)
        self.template.setModified(True)
        self.template.setFocus(Qt.FocusReason.OtherFocusReason)
        self._judge()

    def _on_template_edited(self) -> None:
        self._judge()

    def _on_template_left(self) -> None:
        if self.template.isModified() and self._judge():
            self.template.setModified(False)
            self._keep(name_template=self.template.text().strip())

    def _on_template_reset(self) -> None:
        self.template.setText(DEFAULT_TEMPLATE)
        self._judge()
        self._keep(name_template=DEFAULT_TEMPLATE)

    def _judge(self) -> bool:
        """Says what is wrong with the template, or shows what comes of it."""
        template = self.template.text().strip()
        fields = ", ".join(f"{{{name}}}" for name in FIELDS)
        unknown = unknown_fields(template)
        wrong = ""
        if not template:
            wrong = sentence("template_empty", {"fields": fields})
        elif unknown:
            wrong = sentence("template_field", {"name": unknown[0], "fields": fields})
        self.form.wrong("template", wrong)
        self.example.setText(f"{file_stem(template, self._sample())}.mp4" if not wrong else "—")
        return not wrong

    def _sample(self) -> dict[str, str]:
        provider = next(iter(self._studio.catalog.providers), None)
        return {
            "date": time.strftime("%Y-%m-%d"),
            "time": time.strftime("%H-%M-%S"),
            "prompt": self.tr("A small fishing boat drifts through a misty harbour"),
            "model": provider.models[0].name if provider and provider.models else "",
            "account": provider.name if provider else "",
            "id": "7f3a9c",
        }

    def _keep(self, **changes: object) -> None:
        self._studio.tasks.spawn(self._studio.settings.change(**changes), "settings, files")
