"""Prepares this checkout: system libraries, .venv, locked packages. `setup.py run` for the program, `test` for all.

Done once; after that it only looks, which takes a tenth of a second.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import system_needs as system

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
MADE_FOR = VENV / ".made-for"
LOCKS = {"run": "requirements.lock", "test": "requirements-dev.lock"}
PURPOSES = {
    "run": (system.WINDOW, system.SOUND, system.SCREEN),
    "test": (system.WINDOW, system.SOUND, system.SCREEN, system.TESTS),
}


def main() -> int:
    what = sys.argv[1] if len(sys.argv) == 2 else ""
    if what not in LOCKS:
        print("usage: scripts/setup run|test", file=sys.stderr)
        return 2
    return 0 if system_is_ready(what) and packages_are_ready(what) else 1


def system_is_ready(what: str) -> bool:
    """Installs what the system lacks where that is allowed, else names it. False when going on makes no sense."""
    lacking = system.missing(PURPOSES[what])
    if not lacking:
        return True
    release = Path("/etc/os-release")
    family = system.family(release.read_text() if release.exists() else "")
    if family == "debian" and may_install():
        install(system.packages(lacking, family))
        lacking = system.missing(PURPOSES[what])
    if not lacking:
        return True
    say(system.sentence(lacking, family))
    return what == "run" and all(need.purpose == system.SOUND for need in lacking)


def may_install() -> bool:
    """Whether this is root, or sudo asks for no password."""
    if shutil.which("apt-get") is None:
        return False
    return os.geteuid() == 0 or (
        shutil.which("sudo") is not None
        and subprocess.run(["sudo", "-n", "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0
    )


def install(packages: list[str]) -> None:
    """Installs with apt. Its lists are fetched first where they are missing or too old to know a package."""
    say(f"Installing system packages: {' '.join(packages)}")
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    fetch = [*apt, "install", "-y", "--no-install-recommends", *packages]
    if subprocess.run(fetch, check=False, capture_output=True).returncode != 0:
        subprocess.run([*apt, "update"], check=False)
        subprocess.run(fetch, check=False, stdout=subprocess.DEVNULL)


def packages_are_ready(what: str) -> bool:
    """Makes .venv and installs the locked packages into it, unless that is done already."""
    good = venv_is_good()
    if good and (is_stamped(what) or is_stamped("test")):  # the packages for the tests hold those for the program
        return True
    say("Installing the locked packages into .venv (once, a minute or two)")
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    # Of what the tests need, most is never imported: to compile it all takes a minute. Python compiles the rest itself.
    lazily = ["--no-compile"] if what == "test" else []
    locked = [*quiet, *lazily, "--require-hashes", "--only-binary", ":all:", "--requirement", LOCKS[what]]
    itself = ["--quiet", "--no-deps", "--no-build-isolation", "--editable", "."]
    steps = [[*pip, *locked], [*pip, *itself]]
    if not good:
        steps.insert(0, [sys.executable, "-m", "venv", "--clear", str(VENV)])
    for step in steps:
        if subprocess.run(step, check=False, cwd=ROOT).returncode != 0:
            say("That did not work; the lines above say why. Run the same command again to go on from here.")
            return False
    MADE_FOR.write_text(made_for())
    stamp(what).write_text(fingerprint(what))
    return True


def venv_is_good() -> bool:
    """Whether .venv was made here by this version of Python, and still starts."""
    if not MADE_FOR.is_file() or MADE_FOR.read_text() != made_for():
        return False
    return subprocess.run([str(PYTHON), "-c", "import pip"], check=False, stderr=subprocess.DEVNULL).returncode == 0


def made_for() -> str:
    """What .venv belongs to: a moved checkout or another Python needs another one."""
    return f"Python {sys.version_info.major}.{sys.version_info.minor} in {ROOT}"


def is_stamped(what: str) -> bool:
    """Whether everything of `what` was installed, and nothing has changed since."""
    return stamp(what).is_file() and stamp(what).read_text() == fingerprint(what)


def stamp(what: str) -> Path:
    return VENV / f".installed-{what}"


def fingerprint(what: str) -> str:
    """Changes when the locked packages or the program's own metadata do."""
    return hashlib.sha256((ROOT / LOCKS[what]).read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
