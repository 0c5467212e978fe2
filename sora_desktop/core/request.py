"""One object that carries everything a generation needs; kept as JSON it is also the history row and "use again"."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from sora_desktop.core import fixes, params, references
from sora_desktop.core.catalog import Model
from sora_desktop.core.frozen import Kept
from sora_desktop.core.params import Problem, Scalar
from sora_desktop.core.references import Reference


class GenerationRequest(Kept):
    """What the user asked for: model, prompt, the values that were set, references."""

    provider: str
    model: str
    prompt: str = ""
    values: dict[str, Scalar] = Field(default_factory=dict[str, Scalar])
    references: tuple[Reference, ...] = ()


def storable(text: str) -> str:
    """`text` without what no file and no wire can carry: halves of surrogate pairs, NUL."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\x00", "")


def prompt_length(prompt: str) -> int:
    """The length that is counted against a model's limit: Unicode code points."""
    return len(prompt)


def check(
    model: Model, prompt: str, values: params.Values, refs: Sequence[Reference] = (), *, hosted: bool = False
) -> list[Problem]:
    """Every reason why this may not be sent, field by field; empty when all is well. `hosted`: `references.check`."""
    problems: list[Problem] = []
    if model.prompt_required and not prompt.strip():
        problems.append(Problem(field="prompt", code="prompt_empty"))
    length = prompt_length(prompt)
    if model.prompt_limit is not None and length > model.prompt_limit:
        args = {"length": str(length), "limit": str(model.prompt_limit), "over": str(length - model.prompt_limit)}
        problems.append(Problem(field="prompt", code="prompt_too_long", args=args))
    problems += params.check(model.params, values)
    aspect, chosen = fixes.chosen_aspect(model.params, values), chosen_slots(model, values)
    problems += references.check(model.references, refs, aspect, hosted=hosted, chosen=chosen)
    return problems


def chosen_slots(model: Model, values: params.Values) -> Scalar | None:
    """The value of the parameter that says which fields take the references; None where the model has none."""
    param = model.param(model.references.choice) if model.references else None
    return values.get(param.key, param.default) if param else None
