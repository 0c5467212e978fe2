"""The simulated `/v1/videos`, called as by a client that knows the contract."""

from __future__ import annotations

import io
from typing import Any

import httpx
from PIL import Image

from support.simulator import OPENAI_VIDEOS_HEADERS, SimulatorProcess


def picture(kind: str = "PNG") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (40, 90, 120)).save(data, kind)
    return data.getvalue()


class Videos:
    def __init__(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        self.simulator = simulator
        self.http = http
        self.url = f"{simulator.openai_videos}/v1/videos"
        self.headers = OPENAI_VIDEOS_HEADERS

    def create(self, **fields: Any) -> httpx.Response:
        return self.http.post(self.url, json=self.body(**fields), headers=self.headers)

    def form(self, files: Any = None, **fields: Any) -> httpx.Response:
        """The fields as a form, which has a file in it only when `files` says so."""
        parts = [(name, (None, str(value))) for name, value in self.body(**fields).items()]
        return self.http.post(self.url, files=[*parts, *(files or [])], headers=self.headers)

    def body(self, **fields: Any) -> dict[str, Any]:
        body = {"model": "sora-2", "prompt": "A boat"} | fields
        return {name: value for name, value in body.items() if value is not ...}

    def get(self, path: str = "", **more: Any) -> httpx.Response:
        return self.http.get(self.url + path, headers=self.headers, **more)

    def finished(self, **fields: Any) -> str:
        task = self.create(**fields).json()["id"]
        self.simulator.end(task)
        return task
