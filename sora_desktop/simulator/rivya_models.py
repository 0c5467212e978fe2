"""The models of the simulated Rivya: the published two word for word, and others of every kind a client meets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MEGABYTE = 1_000_000
IMAGES = ("image/jpeg", "image/png", "image/webp")
VIDEOS = ("video/mp4", "video/quicktime", "video/webm")
SOUNDS = ("audio/mpeg", "audio/mp4", "audio/wav", "audio/x-wav", "audio/aac", "audio/ogg")
MIME_TYPES = {"image": IMAGES, "video": VIDEOS, "audio": SOUNDS}
MOST_MEGABYTES = {"image": 10, "video": 50, "audio": 10}
"""The published defaults of a file's size."""


@dataclass(frozen=True, slots=True)
class ModelParam:
    """One parameter. A select's values are strings, a number's are JSON numbers."""

    key: str
    type: str = "select"
    description: str = ""
    required: bool = False
    default: str | float | None = None
    options: tuple[tuple[str, str], ...] = ()
    least: float | None = None
    most: float | None = None
    step: float | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class RivyaModel:
    """One model; `references` are the kinds it takes, `renders` whether the simulator makes its clips."""

    id: str
    name: str
    category: str = "video"
    credits: float = 1
    prompt_limit: int = 10_000
    params: tuple[ModelParam, ...] = ()
    references: tuple[str, ...] = ()
    most_references: int = 0
    status: str = "available"
    renders: bool = False
    extra: dict[str, Any] = field(default_factory=dict[str, Any])

    def param(self, key: str) -> ModelParam | None:
        return next((param for param in self.params if param.key == key), None)

    def most_bytes(self, kind: str) -> int:
        return MOST_MEGABYTES[kind] * MEGABYTE


_LENGTH = ModelParam("n_frames", default="10", options=(("10", "10 s"), ("15", "15 s")), description="Duration")
_SHAPE = ModelParam(
    "aspect_ratio",
    default="landscape",
    options=(("landscape", "Landscape"), ("portrait", "Portrait")),
    description="Shape of the picture",
)
_MARK = ModelParam(
    "remove_watermark", default="false", options=(("false", "Keep"), ("true", "Remove")), description="Watermark"
)
_STORAGE = ModelParam("upload_method", default="s3", options=(("s3", "S3"), ("oss", "OSS")), description="Storage")
_QUALITY = ModelParam("size", options=(("standard", "Standard"), ("high", "High")), description="Quality")

MODELS: tuple[RivyaModel, ...] = (
    RivyaModel(
        "sora-2",
        "Sora 2",
        credits=6,
        params=(_LENGTH, _SHAPE, _MARK, _STORAGE),
        references=("image",),
        most_references=1,
        renders=True,
    ),
    RivyaModel(
        "sora-2-pro",
        "Sora 2 Pro",
        credits=75,
        params=(_QUALITY, _LENGTH, _SHAPE, _MARK, _STORAGE),
        references=("image",),
        most_references=1,
        renders=True,
    ),
    RivyaModel(
        "ridge-motion-1",
        "Ridge Motion 1",
        credits=9,
        prompt_limit=2500,
        params=(
            ModelParam(
                "resolution",
                default="720p",
                options=(("480p", "480p"), ("720p", "720p"), ("1080p", "1080p")),
                description="Lines of the picture",
            ),
            ModelParam("duration", "number", "Seconds", True, 5, least=3, most=15, step=1),
            ModelParam(
                "guidance", "number", "How closely to follow the prompt", default=0.5, least=0, most=1, step=0.1
            ),
            ModelParam("negative_prompt", "text", "What to leave out", longest=500),
            ModelParam("seed", "number", "The same seed gives the same clip", least=0, most=2147483647, step=1),
        ),
        references=("image", "video", "audio"),
        most_references=3,
        renders=True,
    ),
    RivyaModel("wide-lens-video", "Wide Lens", credits=40, params=(_LENGTH, _SHAPE), status="coming_soon"),
    RivyaModel("studio-cut", "Studio Cut", credits=20, params=(_LENGTH,), status="studio_only"),
    RivyaModel("z-image", "Z-Image", "image", 1, 1000),
    RivyaModel("hum-audio", "Hum", "audio", 2, 3000, (ModelParam("loudness", "number", least=-30, most=0, step=1),)),
    RivyaModel("small-talk", "Small Talk", "chat", 1, 32_000, extra={"chat_capabilities": {"stream": True}}),
)


def listing(form: str, models: Iterable[RivyaModel] = MODELS) -> dict[str, Any]:
    """The answer of the models call. `form` is how the unpublished parts look: plain, labelled or odd.

    `odd` mixes broken entries in; none of them may cost a client the rest.
    """
    data: list[Any] = [_described(model, form) for model in models]
    if form == "odd":
        data.insert(1, None)
        data.insert(
            3, {"id": "no-name", "category": "video", "api_status": "available", "params": "none", "credits": 1}
        )
        data.insert(5, {"display_name": "No id", "category": "video"})
        data.append("a model as a string")
    return {"object": "list", "data": data}


def _described(model: RivyaModel, form: str) -> dict[str, Any]:
    files = bool(model.references)
    params: list[Any] = [_param(param, form) for param in model.params]
    if form == "odd":
        params[1:1] = [None, {"key": "mystery", "type": "colour_wheel", "default": "#ff0000"}, {"type": "select"}, 7]
    modes = {"image": "text-to-image", "audio": "text-to-audio", "chat": "chat"}.get(model.category, "text-to-video")
    described: dict[str, Any] = {
        "id": model.id,
        "display_name": model.name,
        "category": model.category,
        "runtime": "sync" if model.category == "chat" else "async_task",
        "base_credits": int(model.credits),
        "billing_type": "FIXED",
        "supported_modes": [modes, "image-to-video"] if files else [modes],
        "max_prompt_length": model.prompt_limit,
        "reference_media": _references(model, form) if files else None,
        "params": params,
        "api_status": model.status,
        "api_input_status": "partial_requires_files" if files else "available_text",
        "supported_api_inputs": ["text", *model.references],
        "requires_files_api": False,
        "requires_upload_for_modes": ["image-to-video"] if files else [],
        "url_input_supported": files,
        "file_kinds": list(model.references),
        "chat_capabilities": None,
        "notices": [],
    }
    return described | model.extra


def _references(model: RivyaModel, form: str) -> dict[str, Any]:
    if form == "plain":
        return {
            "maxItems": model.most_references,
            "kinds": list(model.references),
            "maxSizeMb": {kind: MOST_MEGABYTES[kind] for kind in model.references},
            "mimeTypes": {kind: list(MIME_TYPES[kind]) for kind in model.references},
        }
    kinds = {
        kind: {"max_size_mb": MOST_MEGABYTES[kind], "mime_types": list(MIME_TYPES[kind])} for kind in model.references
    }
    return {"max_count": model.most_references, "kinds": kinds}


def _param(param: ModelParam, form: str) -> dict[str, Any]:
    """plain: options are strings, the range is flat. labelled: options have labels, the range is an object."""
    described: dict[str, Any] = {
        "key": param.key,
        "type": param.type,
        "required": param.required,
        "description": param.description,
    }
    if param.default is not None:
        described["default"] = param.default
    if param.options:
        labelled = [{"value": value, "label": label} for value, label in param.options]
        described["options"] = [value for value, _label in param.options] if form == "plain" else labelled
        if form == "odd":
            described["options"] = [*labelled, None, {"label": "no value"}]
    bounds = {"min": param.least, "max": param.most, "step": param.step}
    bounds = {name: value for name, value in bounds.items() if value is not None}
    if bounds:
        described |= bounds if form == "plain" else {"range": bounds}
    if param.longest is not None:
        described["max_length"] = param.longest
    return described
