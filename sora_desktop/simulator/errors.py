"""A refusal: what a dialect says when it does not do what it was asked."""

from __future__ import annotations


class Refusal(Exception):
    """An error answer. `status` is the HTTP code, `code` the word that Rivya's contract names, `param` the field."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None, *, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.param = param


def invalid(message: str) -> Refusal:
    """What the caller sent breaks the contract."""
    return Refusal(400, "validation_failed", message)


def not_found(message: str = "There is no such task.") -> Refusal:
    return Refusal(404, "not_found", message)
