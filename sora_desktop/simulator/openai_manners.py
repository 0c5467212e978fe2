"""How the servers that speak `/v1/videos` differ, one set of manners at a time. Source: contract, openai_videos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sora_desktop.simulator.errors import invalid
from sora_desktop.simulator.tasks import Status

WORDS = ("queued", "in_progress", "completed", "failed")
ORDER = (Status.QUEUED, Status.PROCESSING, Status.SUCCEEDED, Status.FAILED)
VARIANTS = ("thumbnail", "spritesheet")
CHOICES = {
    "form": ("both", "json", "multipart"),
    "progress": ("steps", "zero", "missing", "jumping"),
    "answer": ("whole", "short"),
    "result": ("content", "video_url", "url", "result.urls", "unsigned_urls"),
    "content": ("redirect", "direct", "json_error", "missing"),
    "errors": ("openai", "fastapi", "litellm"),
}


@dataclass(frozen=True, slots=True)
class OpenAIManners:
    """What one server does. The default is OpenAI's own endpoint, as it was.

    `headers` must come with every call. `delete_aborts`: deleting a task that has not ended ends it; otherwise that is
    refused. `words` are for waiting, at work, done and failed. `answer`: what create tells ("short": id, status,
    created_at). `result`: where a finished task names its address. `odd_variants`: a variant that is not served is
    answered with the video, as by a server that reads no query. `extras`: the fields of a diffusion server are known,
    with any shape. `errors`: the form in which a call that is missing is refused. `chat_models` are listed, and make
    no video.
    """

    needs_key: bool = True
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    models: tuple[str, ...] = ("sora-2", "sora-2-pro")
    chat_models: tuple[str, ...] = ()
    lists: bool = True
    deletes: bool = True
    remixes: bool = True
    delete_aborts: bool = False
    form: str = "both"
    words: tuple[str, ...] = WORDS
    progress: str = "steps"
    answer: str = "whole"
    result: str = "content"
    content: str = "redirect"
    variants: tuple[str, ...] = VARIANTS
    odd_variants: bool = False
    tells_prompt: bool = False
    extras: bool = False
    errors: str = "openai"

    def word(self, status: Status) -> str:
        return self.words[ORDER.index(status)]


PRESETS = {
    "openai": OpenAIManners(),
    "vllm-omni": OpenAIManners(
        needs_key=False,
        models=("Wan-AI/Wan2.2-T2V-A14B-Diffusers",),
        remixes=False,
        delete_aborts=True,
        form="multipart",
        progress="zero",
        content="direct",
        variants=(),
        odd_variants=True,
        tells_prompt=True,
        extras=True,
        errors="fastapi",
    ),
    "sglang": OpenAIManners(
        needs_key=False,
        models=("Wan-AI/Wan2.1-T2V-1.3B-Diffusers",),
        remixes=False,
        progress="zero",
        content="direct",
        variants=(),
        odd_variants=True,
        extras=True,
        errors="fastapi",
    ),
    "new-api": OpenAIManners(
        chat_models=("gpt-4o-mini",),
        lists=False,
        deletes=False,
        progress="jumping",
        content="direct",
        variants=(),
        odd_variants=True,
    ),
    "litellm": OpenAIManners(
        models=("studio-video",),
        chat_models=("studio-chat",),
        lists=False,
        deletes=False,
        content="direct",
        variants=(),
        odd_variants=True,
        errors="litellm",
    ),
}


def changed(manners: OpenAIManners, sent: Any) -> OpenAIManners:
    """The manners as `sent` wants them: a preset's name, or single ones over those of "preset" or the present ones.

    Raises Refusal for a name or value that does not exist.
    """
    wanted: dict[str, Any] = {"preset": sent} if isinstance(sent, str) else dict(sent)
    if "preset" in wanted:
        name = wanted.pop("preset")
        if name not in PRESETS:
            raise invalid(f"preset: one of {', '.join(PRESETS)}")
        manners = PRESETS[name]
    unknown = sorted(set(wanted) - {known.name for known in fields(OpenAIManners)})
    if unknown:
        raise invalid(f"no such manner: {', '.join(unknown)}")
    return replace(manners, **{name: _checked(name, getattr(manners, name), value) for name, value in wanted.items()})


def _checked(name: str, present: Any, value: Any) -> Any:
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise invalid(f"{name}: one of {', '.join(CHOICES[name])}")
        return value
    if isinstance(present, bool):
        if not isinstance(value, bool):
            raise invalid(f"{name}: true or false")
        return value
    if isinstance(present, tuple):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise invalid(f"{name}: a list of texts")
        if name == "words" and len(value) != len(WORDS):
            raise invalid("words: one each for waiting, at work, done and failed")
        if name == "variants" and set(value) - set(VARIANTS):
            raise invalid(f"variants: of {', '.join(VARIANTS)}")
        return tuple(value)
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise invalid(f"{name}: an object of texts")
    return {key.lower(): item for key, item in value.items()}
