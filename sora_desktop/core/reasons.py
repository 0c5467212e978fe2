"""Reasons in plain words that a face may translate: what is wrong with a file, and where."""

from __future__ import annotations

from collections.abc import Callable

from sora_desktop.core.sentences import filled

LONGEST = 500
"""Characters of what is quoted in a reason."""


class Reason(str):
    """An English text that knows the template it was made of. What fills the template may be a reason again.

    What a file says is quoted on one line, and bounded.
    """

    template: str
    words: dict[str, str]

    def __new__(cls, template: str, **words: str) -> Reason:
        kept = {name: text if isinstance(text, Reason) else _quoted(text) for name, text in words.items()}
        made = super().__new__(cls, filled(template, kept) if kept else template)
        made.template, made.words = template, kept
        return made

    def said(self, translate: Callable[[str], str]) -> str:
        """The text with every template in it translated before it is filled in."""
        template = translate(self.template)
        words = {name: said(text, translate) for name, text in self.words.items()}
        return filled(template, words) if words else template


def said(text: str, translate: Callable[[str], str]) -> str:
    """`text` in the user's language where it is a reason, else as it is."""
    return text.said(translate) if isinstance(text, Reason) else text


def joined(reasons: list[Reason], separator: str = "\n") -> str:
    """Several reasons as one; a text of nothing where there is none."""
    if len(reasons) < 2:
        return reasons[0] if reasons else ""
    return Reason("{first}" + separator + "{others}", first=reasons[0], others=joined(reasons[1:], separator))


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
