"""What is told to go wrong: rules, each for one kind of call, switched on and off by `control`.

Where a name ends in `_after`, the call is taken (and billed) first and its answer is lost or spoilt; without it nothing
is taken. `timeout` and `wrong_types` are taken too.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DIALECTS = ("rivya", "globalaiopc", "openai_videos", "media")
CALLS = {
    "rivya": ("models", "credits", "upload", "file", "create", "poll", "openapi"),
    "globalaiopc": ("create", "poll"),
    "openai_videos": ("models", "create", "poll", "content", "list", "delete", "remix"),
    "media": ("download",),
}

SPOILT = (
    "rate_limited",
    "http_500",
    "bad_gateway_html",
    "unavailable",
    "unavailable_html",
    "broken_json",
    "empty",
    "unauthorized",
    "forbidden",
    "not_found",
    "redirect",
    "huge",
)
"""Answers instead of the right one."""
LOST = ("reset_before", "reset_after", "timeout", "timeout_before", "wrong_types")
ANY_CALL = frozenset((*SPOILT, *(f"{name}_after" for name in SPOILT), *LOST))
CREATE_ONLY = frozenset({"fail_task", "stuck"})
POLL_ONLY = frozenset({"too_fast"})
DOWNLOAD_ONLY = frozenset(
    {"truncated", "wrong_content_type", "html", "range_ignored", "changed_etag", "expired", "stall", "slow"}
)
TAKEN_FIRST = frozenset({"timeout", "wrong_types"})
"""Taken like those with `_after`, though their names do not say so."""


def names_for(call: str) -> frozenset[str]:
    """The faults that a kind of call can have."""
    match call:
        case "download":
            return frozenset({*SPOILT, "reset_before", "timeout_before", *DOWNLOAD_ONLY})
        case "create":
            return ANY_CALL | CREATE_ONLY
        case "poll":
            return ANY_CALL | POLL_ONLY
        case _:
            return ANY_CALL


@dataclass(slots=True)
class Rule:
    """One fault. `left` is how many calls it still hits, None without end; `skip` how many it lets pass before.

    `contains` narrows it to calls whose body, task id or task's prompt holds that text.
    """

    id: int
    dialect: str
    call: str
    fault: str
    left: int | None = 1
    skip: int = 0
    contains: str = ""
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    hits: int = 0

    def fits(self, dialects: tuple[str, ...], call: str, text: str) -> bool:
        return (
            (self.dialect == "*" or self.dialect in dialects)
            and self.call in {"*", call}
            and self.fault in names_for(call)
            and self.contains in text
        )

    @property
    def after(self) -> bool:
        """Whether the call is taken before its answer goes wrong."""
        return self.fault.endswith("_after") or self.fault in TAKEN_FIRST


class BadRule(ValueError):
    """A rule that could never do what it says."""


class Faults:
    """The rules in the order they came; the first that fits and is not used up is taken."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._ids = itertools.count(1)

    def add(
        self,
        *,
        dialect: str = "*",
        call: str = "*",
        fault: str,
        times: int | None = 1,
        skip: int = 0,
        contains: str = "",
        args: Mapping[str, Any] | None = None,
    ) -> Rule:
        """Switches a fault on. Raises BadRule for a name, a call or a combination that does not exist."""
        if dialect not in {"*", *DIALECTS}:
            raise BadRule(f"dialect: one of *, {', '.join(DIALECTS)}")
        known = {name for names in CALLS.values() for name in names}
        if call not in {"*", *known}:
            raise BadRule(f"call: one of *, {', '.join(sorted(known))}")
        if dialect in CALLS and call not in {"*", "download", *CALLS[dialect]}:
            raise BadRule(f"{dialect} has no call {call}")
        fitting = names_for(call) if call != "*" else frozenset().union(*(names_for(name) for name in known))
        if fault not in fitting:
            raise BadRule(f"fault: one of {', '.join(sorted(fitting))}")
        rule = Rule(next(self._ids), dialect, call, fault, times, skip, contains, dict(args or {}))
        self.rules.append(rule)
        return rule

    def take(
        self, dialects: tuple[str, ...], call: str, text: str = "", passing: frozenset[str] = frozenset()
    ) -> Rule | None:
        """The rule that hits this call, if any; it is counted. Faults in `passing` let it pass."""
        for rule in self.rules:
            if rule.left == 0 or rule.fault in passing or not rule.fits(dialects, call, text):
                continue
            if rule.skip > 0:
                rule.skip -= 1
                continue
            if rule.left is not None:
                rule.left -= 1
            rule.hits += 1
            return rule
        return None

    def clear(self, rule_id: int | None = None) -> None:
        self.rules = [] if rule_id is None else [rule for rule in self.rules if rule.id != rule_id]
