"""What the program and its tests need from the system, how that is found, and what the packages are called."""

import ctypes
import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

WINDOW, SCREEN, SOUND, TESTS = "window", "screen", "sound", "tests"
"""What a need is for: any window; one on X11; playing with sound; only the tests."""

FAMILIES = ("debian", "fedora", "arch")
INSTALL = {
    "debian": "apt-get install --no-install-recommends",
    "fedora": "dnf install",
    "arch": "pacman -S --needed",
}

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")


def library(name: str) -> bool:
    """Whether the loader finds the shared library `name`."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def program(name: str) -> bool:
    """Whether `name` is on the PATH."""
    return shutil.which(name) is not None


def module(name: str) -> bool:
    """Whether this Python has the module `name`."""
    importlib.invalidate_caches()
    return importlib.util.find_spec(name) is not None


def font(names: str) -> bool:
    """Whether the system has a font file whose name starts like one of `names` (split by spaces)."""
    starts = tuple(names.split())
    files = (file for folder in FONT_FOLDERS for file in Path(folder).rglob("*.tt?"))
    return any(file.name.startswith(starts) for file in files)


@dataclass(frozen=True)
class Need:
    """One thing to be there, and the package that brings it in each family of distributions."""

    purpose: str
    look: Callable[[str], bool]
    name: str
    packages: tuple[str, str, str]

    @property
    def there(self) -> bool:
        return self.look(self.name)


NEEDS = (
    Need(WINDOW, module, "ensurepip", (f"python3.{sys.version_info.minor}-venv", "python3-pip", "python")),
    Need(WINDOW, library, "libstdc++.so.6", ("libstdc++6", "libstdc++", "gcc-libs")),
    Need(WINDOW, library, "libgssapi_krb5.so.2", ("libgssapi-krb5-2", "krb5-libs", "krb5")),
    Need(WINDOW, library, "libglib-2.0.so.0", ("libglib2.0-0", "glib2", "glib2")),
    Need(WINDOW, library, "libgthread-2.0.so.0", ("libglib2.0-0", "glib2", "glib2")),
    Need(WINDOW, library, "libEGL.so.1", ("libegl1", "libglvnd-egl", "libglvnd")),
    Need(WINDOW, library, "libGL.so.1", ("libgl1", "libglvnd-glx", "libglvnd")),
    Need(WINDOW, library, "libfontconfig.so.1", ("libfontconfig1", "fontconfig", "fontconfig")),
    Need(WINDOW, library, "libxkbcommon.so.0", ("libxkbcommon0", "libxkbcommon", "libxkbcommon")),
    Need(WINDOW, library, "libdbus-1.so.3", ("libdbus-1-3", "dbus-libs", "dbus")),
    Need(SOUND, library, "libpulse.so.0", ("libpulse0", "pulseaudio-libs", "libpulse")),
    Need(SOUND, library, "libXrandr.so.2", ("libxrandr2", "libXrandr", "libxrandr")),
    Need(SCREEN, library, "libxcb-cursor.so.0", ("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor")),
    Need(SCREEN, library, "libxcb-icccm.so.4", ("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm")),
    Need(SCREEN, library, "libxcb-keysyms.so.1", ("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms")),
    Need(SCREEN, library, "libxcb-shape.so.0", ("libxcb-shape0", "libxcb", "libxcb")),
    Need(SCREEN, library, "libxkbcommon-x11.so.0", ("libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11")),
    Need(TESTS, program, "Xvfb", ("xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb")),
    Need(TESTS, program, "openbox", ("openbox", "openbox", "openbox")),
    Need(TESTS, program, "xdotool", ("xdotool", "xdotool", "xdotool")),
    Need(TESTS, program, "dbus-daemon", ("dbus-daemon", "dbus-daemon", "dbus")),
    Need(TESTS, program, "gnome-keyring-daemon", ("gnome-keyring", "gnome-keyring", "gnome-keyring")),
    Need(TESTS, program, "desktop-file-validate", ("desktop-file-utils",) * 3),
    Need(TESTS, program, "gtk-launch", ("libgtk-3-bin", "gtk3", "gtk3")),
    Need(TESTS, font, "wqy- NotoSansCJK", ("fonts-wqy-microhei", "wqy-microhei-fonts", "wqy-microhei")),
)


def missing(purposes: Iterable[str], needs: Iterable[Need] = NEEDS) -> list[Need]:
    """The needs of these purposes that are not met. Only Linux is looked at: elsewhere the wheels bring all."""
    if sys.platform != "linux":
        return []
    wanted = frozenset(purposes)
    return [need for need in needs if need.purpose in wanted and not need.there]


def family(os_release: str) -> str:
    """The family of the distribution that /etc/os-release describes, or "" for one we know no names for."""
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    names = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    known = {"debian": "debian", "ubuntu": "debian", "fedora": "fedora", "rhel": "fedora", "arch": "arch"}
    return next((known[name] for name in names if name in known), "")


def packages(needs: Iterable[Need], of: str) -> list[str]:
    """The packages to install for `needs`, each once."""
    return list(dict.fromkeys(need.packages[FAMILIES.index(of)] for need in needs))


def sentence(needs: list[Need], of: str) -> str:
    """What a person has to do about `needs`."""
    if not of:
        return "Missing on this system: " + ", ".join(need.name for need in needs)
    return f"Missing system packages. Install them with:\n  sudo {INSTALL[of]} {' '.join(packages(needs, of))}"
