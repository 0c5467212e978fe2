"""The settings dialog and its pages."""

from sora_desktop.ui.settings.dialog import SettingsDialog

__all__ = ["SettingsDialog"]
