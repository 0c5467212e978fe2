"""Changing what a waiting job asks for, as long as nothing of it was sent. Its place in the queue stays."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sora_desktop.core import request as requests
from sora_desktop.core.catalog import Model
from sora_desktop.core.jobs import Job
from sora_desktop.core.params import Scalar, controls
from sora_desktop.ui import words
from sora_desktop.ui.compose.editor import PromptEditor
from sora_desktop.ui.compose.params_panel import ParamsPanel
from sora_desktop.ui.jobs.dialog import JobDialog
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale
from sora_desktop.ui.widgets.basic import label


class EditJobDialog(JobDialog):
    """Prompt and parameters of one job. What is wrong is said at its field before anything is kept."""

    def __init__(self, studio: Studio, job: Job, model: Model, parent: QWidget) -> None:
        super().__init__(studio, "", "", parent)
        self.setWindowTitle(self.tr("Change before it is sent"))
        self.accept_button.setText(self.tr("Keep changes"))
        self._job, self._model = job, model
        self._values: dict[str, Scalar] = dict(job.request.values)
        self.body.addWidget(label(model.name, "section"))
        self.editor = PromptEditor(self)
        self.editor.set_limit(model.prompt_limit)
        self.editor.show_prompt(job.request.prompt)
        self.editor.setMinimumHeight(scale(180))
        self.body.addWidget(self.editor, 1)
        self.params = ParamsPanel(self)
        self.params.build(model, self._values)
        self.params.value_changed.connect(self._on_value_changed)
        self.body.addWidget(self.params)
        self.resize(scale(520), scale(520))
        self.editor.text.setFocus()

    def _on_value_changed(self, key: str, value: object) -> None:
        members = next(
            (
                {member.key for member in control.members}
                for control in controls(self._model.params)
                if any(member.key == key for member in control.members)
            ),
            {key},
        )
        self._values = {name: kept for name, kept in self._values.items() if name not in members}
        if isinstance(value, str | int | float | bool):
            self._values[key] = value
        self.params.show_values(self._values)

    def apply(self) -> None:
        prompt = self.editor.prompt
        problems = requests.check(self._model, prompt, self._values, self._job.request.references)
        texts = {problem.field: words.sentence(problem) for problem in problems}
        self.params.show_problems(texts)
        self.editor.set_invalid("prompt" in texts)
        self.hint.say(texts.get("prompt", texts.get("references", "")))
        if not problems:
            request = self._job.request.model_copy(update={"prompt": prompt, "values": dict(self._values)})
            self.carry_out(self.studio.engine.edit(self._job.id, request))
