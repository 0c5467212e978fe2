"""Sora Desktop: a native studio for hosted AI-video models."""

__version__ = "0.1.0"
