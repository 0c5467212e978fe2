"""The live list of a place against what is known of it: what is there, what went, what changed. Rules only."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from pydantic import Field

from sora_desktop.core.catalog import Availability, Model
from sora_desktop.core.frozen import Kept
from sora_desktop.core.params import Param


class Seen(Kept):
    """A model as it was last seen at a place. A `gone` one keeps its last document, with the date in Unix seconds.

    `refused`: a create was answered that there is no such model, whatever the list says.
    """

    model: Model
    refused: bool = False

    @property
    def gone(self) -> bool:
        return self.model.availability is Availability.GONE

    def lost(self, now: float, *, refused: bool = False) -> Seen:
        """The same, gone since now, or since it went."""
        if self.gone:
            return self if self.refused or not refused else self.model_copy(update={"refused": True})
        went = self.model.model_copy(update={"availability": Availability.GONE, "gone_at": now})
        return Seen(model=went, refused=refused)


class Drift(Kept):
    """What changed in the contract of one model: the titles of its parameters that are others now, and new notices."""

    model: Model
    params: tuple[str, ...] = ()
    notices: tuple[str, ...] = Field(default=())


def merge(
    listed: Sequence[Model],
    shipped: Sequence[Model],
    seen: Iterable[Seen],
    now: float,
    *,
    complete: bool = True,
    trusted: bool = True,
) -> tuple[Seen, ...]:
    """All models of a place: those of the list in its order, then what is not in it.

    What was seen, or ships, and is not listed is gone; in a list that is not `complete` it stays as it was. A model
    whose create was refused comes back with a list that is `trusted`: a new one, or one that the user asked for.
    """
    known = {one.model.id: one for one in seen}
    merged: dict[str, Seen] = {}
    for model in listed:
        before = known.get(model.id)
        found = Seen(model=model)
        if before is not None and before.refused and not trusted:
            found = Seen(model=_gone(model, before.model.gone_at or now), refused=True)
        merged[model.id] = found
    for one in (*known.values(), *(Seen(model=model) for model in shipped)):
        if one.model.id not in merged:
            merged[one.model.id] = one.lost(now) if complete else one
    return tuple(merged.values())


def named(
    seen: Iterable[Seen],
    offered: Mapping[str, Model],
    names: Container[str],
    now: float,
    *,
    trusted: bool = True,
    whole: bool = True,
) -> tuple[Seen, ...]:
    """What is known of a server that tells only the names of its models. `offered` are those it can be asked for.

    One that is named is there, and is remembered; one that was remembered and is named no more is gone, unless `names`
    are not the `whole` of them. One whose create was refused comes back only where the names are `trusted`.
    """
    known = {one.model.id: one for one in seen}
    for name, one in known.items():
        if name in names and one.gone and (trusted or not one.refused):
            known[name] = Seen(
                model=one.model.model_copy(update={"availability": Availability.AVAILABLE, "gone_at": None})
            )
        elif name not in names and not one.gone and whole:
            known[name] = Seen(model=offered.get(name, one.model)).lost(now)
    known |= {name: Seen(model=model) for name, model in offered.items() if name in names and name not in known}
    return tuple(known.values())


def _gone(model: Model, at: float) -> Model:
    return model.model_copy(update={"availability": Availability.GONE, "gone_at": at})


def drifts(before: Sequence[Model], after: Sequence[Model]) -> tuple[Drift, ...]:
    """What is another in models that both lists have. New models and new parameters are no change of contract."""
    old = {model.id: model for model in before}
    found: list[Drift] = []
    for model in after:
        if model.id not in old:
            continue
        known = {param.key: param for param in model.params}
        changed = tuple(
            param.title
            for param in old[model.id].params
            if param.key not in known or _contract(known[param.key]) != _contract(param)
        )
        notices = tuple(notice for notice in model.notices if notice not in old[model.id].notices)
        if changed or notices:
            found.append(Drift(model=model, params=changed, notices=notices))
    return tuple(found)


def _contract(param: Param) -> tuple[object, ...]:
    """What a value must keep to; words and labels may change freely."""
    options = tuple(sorted(str(option.value) for option in param.options))
    bounds = (param.minimum, param.maximum, param.step, param.integer, param.max_length)
    return param.type, param.required, param.default, options, bounds


def changed_fields(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The fields of a published contract that went, are of another type, or are needed now. New ones may be ignored."""
    went = [name for name, word in before.items() if after.get(name) != word]
    needed = [name for name, word in after.items() if name not in before and word.endswith(", required")]
    return tuple(went + [name for name in needed if " sends " in name])
