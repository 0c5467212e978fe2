"""What a server that speaks `/v1/videos` can do: found by a probe, kept as a file, mended by the user.

Source: contract, openai_videos: "Capabilities (list, delete, remix, variants) are probed, never assumed."
"""

from __future__ import annotations

from enum import StrEnum

from sora_desktop.core.frozen import Frozen


class Form(StrEnum):
    """How a create call without a file travels. One with a file is always multipart."""

    JSON = "json"
    MULTIPART = "multipart"


class Server(Frozen):
    """The calls a server answers beyond create, retrieve and content, and how it takes a create.

    `variants` are what `/content?variant=` serves besides the video ("thumbnail", "spritesheet"). `prefix` stands
    between the base URL and `/videos`; `reference_field` is the multipart field of a file. `probed_at` is in ISO 8601.
    """

    form: Form = Form.JSON
    prefix: str = "/v1"
    reference_field: str = "input_reference"
    lists_tasks: bool = False
    deletes: bool = False
    remixes: bool = False
    variants: tuple[str, ...] = ()
    software: str = ""
    probed_at: str = ""
