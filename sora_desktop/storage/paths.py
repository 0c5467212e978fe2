"""Where everything that is kept lives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from sora_desktop.storage.library import ensure_folder

APP = "Sora Desktop"


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one data folder. All exist and are private to the user, but `videos`, which is made when used."""

    data: Path
    videos: Path
    logs: Path
    simulator: Path
    thumbnails: Path

    @property
    def database(self) -> Path:
        return self.data / "sora.db"

    @property
    def providers(self) -> Path:
        """The user's own files that describe services."""
        return self.data / "providers"

    @property
    def servers(self) -> Path:
        """Where the files about servers of the user's own are; made when the first one is checked."""
        return self.data / "servers"

    @classmethod
    def standard(cls) -> Paths:
        """The platform's own places. Raises EnvironmentProblem where they cannot be made."""
        data = platformdirs.user_data_path(APP, appauthor=False)
        logs = platformdirs.user_log_path(APP, appauthor=False)
        return cls._made(data, platformdirs.user_videos_path() / APP, logs)

    @classmethod
    def at(cls, data_dir: Path) -> Paths:
        """Everything below `data_dir`, the videos too. Raises EnvironmentProblem where it cannot be made."""
        data = Path(data_dir).expanduser().absolute()
        return cls._made(data, data / "videos", data / "logs")

    @classmethod
    def _made(cls, data: Path, videos: Path, logs: Path) -> Paths:
        paths = cls(data, videos, logs, data / "simulator", data / "thumbnails")
        for folder in (paths.data, paths.logs, paths.simulator, paths.thumbnails, paths.providers):
            ensure_folder(folder, private=True)
        return paths
