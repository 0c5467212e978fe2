"""gnome-keyring on a bus of its own, unlocked, with the test's home as its home."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from jeepney import MessageType
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

NAME = "org.freedesktop.secrets"

# No folder of services: the bus would start a second daemon by itself, a locked one, while ours is on its way.
CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Starts both, and answers the bus's address when the keyring is open. `folder` takes the sockets."""
    configuration = folder / "bus.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder))
    with ExitStack() as stack:
        bus = _started(stack, "dbus-daemon", "--nofork", "--print-address", f"--config-file={configuration}")
        assert bus.stdout is not None
        address = bus.stdout.readline().decode().strip()
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "DBUS_SESSION_BUS_ADDRESS": address}
        command = ("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
        keyring = _started(stack, *command, env=environment)
        assert keyring.stdin is not None
        keyring.stdin.write(b"the password of this test's keyring")
        keyring.stdin.close()
        _wait(address, keyring)
        yield address


def _started(stack: ExitStack, *command: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=env)
    stack.enter_context(process)  # the last thing to happen: waits, and closes the pipes
    stack.callback(process.terminate)
    return process


def _wait(address: str, keyring: subprocess.Popen[bytes]) -> None:
    """Returns when the keyring has its name on the bus."""
    end = time.monotonic() + 60
    with open_dbus_connection(bus=address) as connection:
        while True:
            reply = connection.send_and_get_reply(message_bus.NameHasOwner(NAME))
            assert reply.header.message_type is MessageType.method_return
            if reply.body[0]:
                return
            assert keyring.poll() is None, "the keyring ended"
            assert time.monotonic() < end, "the keyring did not come"
            time.sleep(0.01)
