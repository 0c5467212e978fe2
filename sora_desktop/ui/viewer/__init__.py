"""The viewer: the chosen job's video with its controls, or what the job is doing instead, and its details."""

from sora_desktop.ui.viewer.panel import ViewerPanel

__all__ = ["ViewerPanel"]
