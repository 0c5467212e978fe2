"""A task of the simulator, and where it stands at a moment."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """A task's state. Each dialect has its own word for the last but one."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Order:
    """What a valid create call asks for. Credits in the dialect's unit, seconds of video, pixels."""

    dialect: str
    model: str
    prompt: str
    params: dict[str, Any]
    width: int
    height: int
    seconds: float
    credits: float
    body: bytes
    intent: str | None = None
    client_request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task is told to end. `kind` is "" (as it should), "fail" or "stuck"."""

    kind: str = ""
    code: str = ""
    message: str = ""
    refund: bool = True


@dataclass(frozen=True, slots=True)
class Task:
    """A row of the tasks table. Times are simulated Unix seconds; `ready_at` is when its clip was rendered."""

    id: str
    dialect: str
    key: str
    model: str
    prompt: str
    params: dict[str, Any]
    width: int
    height: int
    seconds: float
    reserved: float
    final: float
    intent: str | None
    client_request_id: str | None
    body_hash: str
    accepted_at: float
    queued_until: float
    done_at: float
    ready_at: float | None
    media: str
    etag: str
    media_gone: bool
    outcome: str
    code: str
    message: str
    refund: bool
    settled: bool

    @classmethod
    def of(cls, row: sqlite3.Row) -> Task:
        values: dict[str, Any] = {field.name: row[field.name] for field in fields(cls)}
        for name in ("media_gone", "refund", "settled"):
            values[name] = bool(values[name])
        values["params"] = json.loads(values["params"])
        return cls(**values)

    def status(self, now: float) -> Status:
        if now < self.queued_until:
            return Status.QUEUED
        if self.outcome == "stuck" or now < self.done_at:
            return Status.PROCESSING
        if self.outcome == "fail":
            return Status.FAILED
        completed = self.completed_at
        return Status.SUCCEEDED if completed is not None and now >= completed else Status.PROCESSING

    @property
    def completed_at(self) -> float | None:
        """When a task that succeeds was complete: not before its clip was there."""
        return None if self.ready_at is None else max(self.done_at, self.ready_at)

    def updated_at(self, now: float) -> float:
        match self.status(now):
            case Status.QUEUED:
                return self.accepted_at
            case Status.PROCESSING:
                return self.queued_until
            case Status.FAILED:
                return self.done_at
            case Status.SUCCEEDED:
                return self.completed_at or self.done_at
