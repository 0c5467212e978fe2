"""A draft: what the user is writing, kept with no key and no network."""

from __future__ import annotations

from pydantic import Field

from sora_desktop.core.frozen import Kept
from sora_desktop.core.params import Scalar
from sora_desktop.core.references import Reference


class Draft(Kept):
    """One page of the user's: prompt, account, model, parameters, references and count. Times are Unix seconds."""

    id: str
    prompt: str = ""
    account: str = ""
    model: str = ""
    values: dict[str, Scalar] = Field(default_factory=dict[str, Scalar])
    references: tuple[Reference, ...] = ()
    count: int = 1
    created_at: float = 0.0
    updated_at: float = 0.0

    @property
    def title(self) -> str:
        """The first line that says anything; empty for an empty draft."""
        return next((line.strip() for line in self.prompt.splitlines() if line.strip()), "")
