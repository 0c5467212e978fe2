"""What Python does not tell of a machine's proxies: those of GNOME and its relatives (org.gnome.system.proxy), those of
KDE (kioslaverc), SOCKS on macOS, and scripts."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast

SCHEMA = "org.gnome.system.proxy"
GNOMES = {"GNOME", "UNITY", "CINNAMON", "X-CINNAMON", "BUDGIE", "PANTHEON", "MATE"}
SECONDS = 3.0
"""How long the desktop may take to answer; without an answer it has no proxy."""
WINDOWS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
"""Where Windows keeps its settings, below the user's own keys."""
MOST = 1_000_000
"""Bytes of a settings file that are read."""
KINDS = (("http", "http", "http"), ("https", "https", "http"), ("socks", "all", "socks5"))
"""Of a desktop's entry: its name, the scheme of what is called through it, and what it speaks where it does not say."""

SCRIPT = "proxy script"
"""The key that says that a script decides. It is no scheme, and no variable can be called so."""
ONLY = "only for"
"""The key of the hosts that alone are called through a proxy."""


def desktop_proxies() -> dict[str, str]:
    """What is set by hand in the desktop's settings, as `urllib.request.getproxies` answers it, with `SCRIPT` and
    `ONLY`; empty where it has none to tell. Blocks."""
    here = {part.upper() for part in os.environ.get("XDG_CURRENT_DESKTOP", "").split(":")}
    if sys.platform == "win32":
        return _windows()
    if sys.platform == "darwin":
        return macos(_told("/usr/sbin/scutil", "--proxy"))
    if "KDE" in here:
        return kde(_kioslaverc(), os.environ)
    return gnome(_told(shutil.which("gsettings") or "", "list-recursively", SCHEMA)) if here & GNOMES else {}


def _told(program: str, *arguments: str) -> str:
    """What a program of the system prints; empty where it cannot be asked."""
    if not program:
        return ""
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return done.stdout


def _windows() -> dict[str, str]:
    if sys.platform != "win32":
        return {}
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, WINDOWS) as key:
            script = str(winreg.QueryValueEx(key, "AutoConfigURL")[0])
    except OSError:
        return {}
    return {SCRIPT: script} if script else {}


def macos(text: str) -> dict[str, str]:
    """The answer of `scutil --proxy`, one "KEY : VALUE" a line: what `getproxies` does not tell of it."""
    values = {key: value.strip() for key, _, value in (line.partition(" : ") for line in text.splitlines())}
    values = {key.strip(): value for key, value in values.items()}
    host = values.get("SOCKSProxy", "")
    if values.get("SOCKSEnable") == "1" and host:
        host = f"[{host}]" if ":" in host else host
        return {"all": f"socks5://{host}:{values.get('SOCKSPort', '1080')}"}
    script = [key for key in ("ProxyAutoConfigEnable", "ProxyAutoDiscoveryEnable") if values.get(key) == "1"]
    return {SCRIPT: values.get("ProxyAutoConfigURLString", "wpad")} if script else {}


def gnome(text: str) -> dict[str, str]:
    """The answer of `gsettings list-recursively`, one "SCHEMA KEY VALUE" a line, as proxies by scheme."""
    values: dict[str, object] = {}
    for line in text.splitlines():
        schema, _, rest = line.partition(" ")
        key, _, value = rest.partition(" ")
        try:
            read: object = ast.literal_eval(value.removeprefix("@as "))
        except (ValueError, SyntaxError):
            continue
        values[f"{schema.removeprefix(SCHEMA).removeprefix('.')} {key}"] = read
    if values.get(" mode") == "auto":
        return {SCRIPT: str(values.get(" autoconfig-url") or "wpad")}
    if values.get(" mode") != "manual":
        return {}
    found: dict[str, str] = {}
    for name, scheme, kind in KINDS:
        host, port = values.get(f"{name} host"), values.get(f"{name} port")
        if isinstance(host, str) and host and isinstance(port, int) and port:
            found[scheme] = f"{kind}://{host}:{port}"
    hosts = values.get(" ignore-hosts")
    if found and isinstance(hosts, list):
        found["no"] = ",".join(str(host) for host in cast("list[object]", hosts))
    return found


def _kioslaverc() -> str:
    """The files of the system and of the user behind one another: what comes later counts."""
    own = os.environ.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    shared = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    texts: list[str] = []
    for folder in [*reversed(shared.split(":")), own]:
        with suppress(OSError), (Path(folder) / "kioslaverc").open("rb") as file:
            texts.append(file.read(MOST).decode("utf-8", "replace"))
    return "\n".join(texts)


def kde(text: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What KDE's settings file says, as proxies by scheme. Its proxies may stand in variables of any name."""
    values = _proxy_settings(text)
    match values.get("ProxyType"):
        case "1" | "4" as kind:
            named = kind == "4"
        case "2" | "3":
            return {SCRIPT: values.get("Proxy Config Script") or "wpad"}
        case _:
            return {}
    found: dict[str, str] = {}
    for name, scheme, spoken in KINDS:
        value = values.get(f"{name}Proxy", "")
        value = _first_set(value, environment) if named else re.sub(r"\s+(\d+)$", r":\1", value)
        if value and not value.endswith("://"):
            found[scheme] = value if "://" in value else f"{spoken}://{value}"
    hosts = values.get("NoProxyFor", "")
    hosts = _first_set(hosts, environment) if named else hosts
    if found and hosts:
        found[ONLY if values.get("ReversedException", "").lower() in {"true", "1", "on", "yes"} else "no"] = hosts
    return found


def _proxy_settings(text: str) -> dict[str, str]:
    """The keys of the group, without their marks ("[$i]": not to be changed), and without escapes."""
    values: dict[str, str] = {}
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line.startswith("[Proxy Settings]")
        elif inside and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            plain = re.sub(r"\\(.)", lambda found: {"s": " ", "t": "\t"}.get(found[1], found[1]), value.strip())
            values[re.sub(r"(\[[^\]]*\])+$", "", key.strip())] = plain.strip()
    return values


def _first_set(names: str, environment: Mapping[str, str]) -> str:
    return next((environment[name] for name in re.split(r"[\s,]+", names) if environment.get(name)), "")
