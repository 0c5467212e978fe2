"""What changes in a row without a change of its job: where the mouse is, and what moves."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Hot:
    """Where the mouse is: row, name of the button under it (or empty), and whether that is pressed."""

    row: int = -1
    button: str = ""
    pressed: bool = False


@dataclass(slots=True)
class Motion:
    """What moves between two changes of a job: the turn of the ring in degrees, and bars on their way to a value."""

    angle: float = 0.0
    still: bool = False
    gliding: set[str] = field(default_factory=set[str])
    _shown: dict[str, float] = field(default_factory=dict[str, float])
    _wanted: dict[str, float] = field(default_factory=dict[str, float])

    def bar(self, job_id: str, wanted: float) -> float:
        """Where a bar stands now that should stand at `wanted`. One that is new, or would go back, jumps there."""
        shown = self._shown.get(job_id, wanted)
        self._wanted[job_id] = wanted
        if self.still or wanted - shown < 0.001:
            self._shown[job_id] = wanted
            self.gliding.discard(job_id)
        else:
            self._shown[job_id] = shown
            self.gliding.add(job_id)
        return self._shown[job_id]

    def glide(self, share: float) -> None:
        """Moves each bar by `share` of what it still has to go."""
        for job_id in tuple(self.gliding):
            shown, wanted = self._shown[job_id], self._wanted[job_id]
            self._shown[job_id] = wanted if wanted - shown < 0.002 else shown + (wanted - shown) * min(1.0, share)
            if self._shown[job_id] == wanted:
                self.gliding.discard(job_id)

    def forget(self, job_id: str) -> None:
        for book in (self._shown, self._wanted):
            book.pop(job_id, None)
        self.gliding.discard(job_id)
