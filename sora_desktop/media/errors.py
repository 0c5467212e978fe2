"""What can be wrong with a file. Apart from the codecs, which cost 100 ms to import."""

from __future__ import annotations


class BadVideo(Exception):
    """The file is no video that can be shown; the text says why, in plain words, without the file's path."""
