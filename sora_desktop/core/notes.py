"""What was odd and was taken all the same: a sentence that explains, and costs nothing."""

from __future__ import annotations

from pydantic import Field, model_validator

from sora_desktop.core.frozen import Kept


class Note(Kept):
    """Something odd: the code of a sentence (`core.sentences`), and what fills it."""

    code: str
    args: dict[str, str] = Field(default_factory=dict[str, str])

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, data: object) -> object:
        """An earlier version kept the whole text."""
        return {"code": "note_text", "args": {"text": data}} if isinstance(data, str) else data

    def tells(self, text: str) -> bool:
        """Whether `text` stands in it."""
        return any(text in part for part in self.args.values())
