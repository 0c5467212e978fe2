"""The proxies of desktops that keep them in no variable. GNOME and its relatives: org.gnome.system.proxy."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from typing import cast

SCHEMA = "org.gnome.system.proxy"
DESKTOPS = {"GNOME", "UNITY", "CINNAMON", "X-CINNAMON", "BUDGIE", "PANTHEON", "MATE"}
SECONDS = 3.0
"""How long the desktop may take to answer; without an answer it has no proxy."""


def gnome_proxies() -> dict[str, str]:
    """What is set there by hand, as `urllib.request.getproxies` answers it; empty on another desktop. Blocks."""
    here = {part.upper() for part in os.environ.get("XDG_CURRENT_DESKTOP", "").split(":")}
    program = shutil.which("gsettings") if sys.platform == "linux" and here & DESKTOPS else None
    if program is None:
        return {}
    try:
        done = subprocess.run(
            [program, "list-recursively", SCHEMA], capture_output=True, text=True, timeout=SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return {}
    return told(done.stdout)


def told(text: str) -> dict[str, str]:
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
    if values.get(" mode") != "manual":
        return {}
    found: dict[str, str] = {}
    for name, scheme, kind in (("http", "http", "http"), ("https", "https", "http"), ("socks", "all", "socks5")):
        host, port = values.get(f"{name} host"), values.get(f"{name} port")
        if isinstance(host, str) and host and isinstance(port, int) and port:
            found[scheme] = f"{kind}://{host}:{port}"
    hosts = values.get(" ignore-hosts")
    if found and isinstance(hosts, list):
        found["no"] = ",".join(str(host) for host in cast("list[object]", hosts))
    return found
