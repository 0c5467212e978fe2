"""One window a data folder: a second start with the same folder brings the first window to the front."""

from __future__ import annotations

import hashlib
import logging
import os

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from sora_desktop.storage.paths import Paths

log = logging.getLogger(__name__)

WAIT_MS = 1000
RAISE = b"raise\n"


def name_of(paths: Paths) -> str:
    """The name under which the window of a data folder can be reached. It says nothing of the folder."""
    folder = os.path.normcase(str(paths.data.resolve()))
    return "sora-desktop-" + hashlib.sha256(folder.encode()).hexdigest()[:24]


def raise_existing(paths: Paths) -> bool:
    """Asks the window of this data folder to come to the front; False where there is none."""
    socket = QLocalSocket()
    socket.connectToServer(name_of(paths))
    if not socket.waitForConnected(WAIT_MS):
        return False
    socket.write(RAISE)
    socket.waitForBytesWritten(WAIT_MS)
    socket.disconnectFromServer()
    return True


class Instance(QObject):
    """Listens for later starts with the same data folder. `asked` comes when one wants the window in front."""

    asked = Signal()

    def __init__(self, paths: Paths, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)
        name = name_of(paths)
        if not self._server.listen(name):
            # Left behind by a process that was killed. The lock of the folder tells who owns it, not this socket.
            QLocalServer.removeServer(name)
            if not self._server.listen(name):
                log.warning("later starts cannot reach this window: %s", self._server.errorString())

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            self.asked.emit()

    def close(self) -> None:
        """Listens no more."""
        self._server.close()
