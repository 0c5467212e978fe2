"""A window of another program, from which something can be dragged: `python drag_source.py X Y KIND [VALUE…]`.

KIND is "files" with paths, "url" with an address, "page" with the address of a picture as browsers drag it, or "image"
for pixels. It stays above other windows.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QColor, QDrag, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget


class Source(QWidget):
    """The whole window is taken hold of."""

    def __init__(self, kind: str, values: list[str]) -> None:
        flags = Qt.WindowType.WindowStaysOnTopHint | Qt.WindowType.FramelessWindowHint
        super().__init__(None, flags)
        self._kind, self._values = kind, values
        self.setWindowTitle("drag source")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        mime = QMimeData()
        match self._kind:
            case "files":
                mime.setUrls([QUrl.fromLocalFile(value) for value in self._values])
            case "url":
                mime.setText(self._values[0])
                mime.setUrls([QUrl(self._values[0])])
            case "page":
                mime.setHtml(f'<meta charset="utf-8"><img src="{self._values[0]}" alt="A picture">')
                mime.setText(self._values[0])
                mime.setUrls([QUrl(self._values[0])])
                mime.setData("text/x-moz-url", f"{self._values[0]}\nA picture".encode("utf-16-le"))
            case _:
                image = QImage(320, 180, QImage.Format.Format_RGB32)
                image.fill(QColor("teal"))
                mime.setImageData(image)
        drag = QDrag(self)
        drag.setMimeData(mime)
        drag.exec(Qt.DropAction.CopyAction)


def main() -> None:
    app = QApplication(sys.argv[:1])
    x, y, kind, *values = sys.argv[1:]
    source = Source(kind, values)
    source.setGeometry(int(x), int(y), 120, 80)
    source.show()
    app.exec()


if __name__ == "__main__":
    main()
