"""Puts a desktop entry and an icon that start this checkout into the user's own folders, and takes them away again.

Rules: the Desktop Entry Specification (values, "The Exec key"), the Icon Theme and the Base Directory Specification.
"""

import os
import shutil
import sys
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ROOT = Path(__file__).resolve().parent.parent
ENTRY = ROOT / "packaging" / "linux" / "sora-desktop.desktop"
ICON = ROOT / "resources" / "icons" / "app.svg"
COMMAND = ROOT / ".venv" / "bin" / "sora-desktop"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)


def main() -> int:
    action = sys.argv[1] if len(sys.argv) == 2 else ""
    if action not in ("install", "uninstall"):
        print("usage: desktop_entry.py install|uninstall", file=sys.stderr)
        return 2
    if sys.platform in ("win32", "darwin"):
        print("Desktop entries are for Linux and the BSDs.", file=sys.stderr)
        return 1
    share = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    if action == "install":
        install(share)
        print(f"Sora Desktop is among your programs now ({entry_file(share)}).")
    else:
        uninstall(share)
        print("Sora Desktop is no longer among your programs. Your videos and data are where they were.")
    return 0


def entry_file(share: Path) -> Path:
    return share / "applications" / ENTRY.name


def svg_file(share: Path) -> Path:
    return share / "icons" / "hicolor" / "scalable" / "apps" / "sora-desktop.svg"


def png_file(share: Path, size: int) -> Path:
    return share / "icons" / "hicolor" / f"{size}x{size}" / "apps" / "sora-desktop.png"


def install(share: Path) -> None:
    """Writes the icon first: an entry without its icon would be seen by a running desktop."""
    svg = svg_file(share)
    svg.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ICON, svg)
    for size in SIZES:
        draw(png_file(share, size), size)
    entry = entry_file(share)
    entry.parent.mkdir(parents=True, exist_ok=True)
    fresh = entry.with_name(f".{entry.name}.new")
    fresh.write_text(entry_text(ENTRY.read_text(encoding="utf-8"), COMMAND), encoding="utf-8")
    fresh.replace(entry)
    tell_the_desktop(share)


def uninstall(share: Path) -> None:
    """Removes what `install` wrote, and nothing else."""
    for file in (entry_file(share), svg_file(share), *(png_file(share, size) for size in SIZES)):
        file.unlink(missing_ok=True)
    tell_the_desktop(share)


def entry_text(template: str, command: Path) -> str:
    """The packaged entry, with the command of this checkout in place of the one on the PATH."""
    words = exec_word(str(command))
    if "%" in str(command):
        # GLib looks for the program before it reads %% as %, and would not find it.
        words = f"env {words}"
    lines = {"TryExec": escaped(str(command)), "Exec": escaped(words)}
    return "".join(
        f"{key}={lines[key]}\n" if (key := line.split("=", 1)[0]) in lines else f"{line}\n"
        for line in template.splitlines()
    )


def exec_word(word: str) -> str:
    """One argument of an Exec line: in quotes, with what stays special in quotes escaped, and % doubled."""
    for special in '\\"`$':
        word = word.replace(special, f"\\{special}")
    return '"{}"'.format(word.replace("%", "%%"))


def escaped(value: str) -> str:
    """A value of the type string: backslashes and line ends are written as escapes. Comes after the quoting."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def draw(file: Path, size: int) -> None:
    """Renders the icon at `size` pixels, for desktops that do not take SVG."""
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(ICON)).render(painter, QRectF(0, 0, size, size))
    painter.end()
    file.parent.mkdir(parents=True, exist_ok=True)
    if not image.save(str(file)):
        raise OSError(f"{file} cannot be written")


def tell_the_desktop(share: Path) -> None:
    """A newer time on the theme's folder is what makes a running desktop look again."""
    theme = share / "icons" / "hicolor"
    if theme.is_dir():
        os.utime(theme)


if __name__ == "__main__":
    sys.exit(main())
