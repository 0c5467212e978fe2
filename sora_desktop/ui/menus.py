"""The menu bar: every command of the window, its key, and where it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QHBoxLayout, QMenu, QToolButton, QWidget

from sora_desktop.ui.centre import Tab
from sora_desktop.ui.icons import icon
from sora_desktop.ui.theme import LEAST_TEXT, MOST_TEXT, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import keep_height, sized

if TYPE_CHECKING:
    from sora_desktop.ui.main_window import MainWindow

TEXT_SIZES = (90, 100, 110, 125, 150)
EDITS = ("undo", "redo", "cut", "copy", "paste", "selectAll")


class Menus(QObject):
    """Builds the menus of `window` and keeps their ticks and states true."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        bar = window.menuBar()
        keep_height(bar, SIZES.menu_bar + 1)
        self.actions: dict[str, QAction] = {}
        self.menus: list[QMenu] = []
        self._file(self._menu(self.tr("&File")))
        self._edit(self._menu(self.tr("&Edit")))
        self._generate(self._menu(self.tr("&Generate")))
        self._view(self._menu(self.tr("&View")))
        self._help(self._menu(self.tr("&Help")))
        bar.setCornerWidget(self._corner(), Qt.Corner.TopRightCorner)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus_changed)
        self._on_focus_changed(None, app.focusWidget())

    def _menu(self, title: str) -> QMenu:
        menu = self._window.menuBar().addMenu(title)
        menu.setToolTipsVisible(True)
        self.menus.append(menu)
        return menu

    def _add(
        self, menu: QMenu, name: str, text: str, call: Callable[[], object], *keys: str | QKeySequence.StandardKey
    ) -> QAction:
        """One command. Several keys may start it; the first is shown."""
        action = QAction(text, self._window)
        action.setObjectName(name)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.triggered.connect(lambda _checked=False: call())
        menu.addAction(action)
        # On the window too: a menu bar that the system draws, or that is hidden, would take the keys with it.
        self._window.addAction(action)
        self.actions[name] = action
        return action

    def _file(self, menu: QMenu) -> None:
        window = self._window
        self._add(menu, "new_draft", self.tr("&New draft"), window.new_draft, QKeySequence.StandardKey.New)
        menu.addSeparator()
        self._add(menu, "adopt", self.tr("&Collect a task by its id…"), window.dialogs.collect_by_id)
        menu.addSeparator()
        self._add(menu, "videos_folder", self.tr("Open &videos folder"), window.dialogs.open_videos_folder)
        menu.addSeparator()
        settings = self._add(menu, "settings", self.tr("&Settings…"), window.dialogs.open_settings, "Ctrl+,")
        settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        menu.addSeparator()
        leave = self._add(menu, "quit", self.tr("&Quit"), window.quit, "Ctrl+Q")
        leave.setMenuRole(QAction.MenuRole.QuitRole)

    def _edit(self, menu: QMenu) -> None:
        keys = QKeySequence.StandardKey
        words = {
            "undo": (self.tr("&Undo"), keys.Undo),
            "redo": (self.tr("&Redo"), keys.Redo),
            "cut": (self.tr("Cu&t"), keys.Cut),
            "copy": (self.tr("&Copy"), keys.Copy),
            "paste": (self.tr("&Paste"), keys.Paste),
            "selectAll": (self.tr("Select &all"), keys.SelectAll),
        }
        for name, (text, key) in words.items():
            if name in {"cut", "selectAll"}:
                menu.addSeparator()
            self._add(menu, name, text, lambda name=name: self._on_edit(name), key)

    def _generate(self, menu: QMenu) -> None:
        window = self._window
        self._add(menu, "generate", self.tr("&Generate"), window.compose.generate, "Ctrl+Enter", "Ctrl+Return")
        menu.addSeparator()
        self._add(menu, "prompt", self.tr("Go to the &prompt"), window.focus_prompt, "Ctrl+L")
        self._add(menu, "model", self.tr("Choose the &model"), window.choose_model, "Ctrl+M")
        self._add(menu, "retarget", self.tr("&Re-target the draft…"), window.retarget)
        menu.addSeparator()
        self._add(menu, "pause_all", self.tr("Pause &all"), window.toggle_paused)

    def _view(self, menu: QMenu) -> None:
        window = self._window
        tabs = QActionGroup(menu)
        words = {Tab.VIEWER: (self.tr("&Viewer"), "Ctrl+1"), Tab.LIBRARY: (self.tr("&Library"), "Ctrl+2")}
        for tab, (text, key) in words.items():
            action = self._add(menu, f"tab_{tab}", text, lambda tab=tab: window.centre.show_tab(tab), key)
            action.setCheckable(True)
            tabs.addAction(action)
        self._add(menu, "find", self.tr("&Find in library"), window.find_in_library, QKeySequence.StandardKey.Find)
        menu.addSeparator()
        panes = {
            "compose": (self.tr("&Compose"), "Ctrl+B"),
            "details": (self.tr("&Details"), "Ctrl+J"),
            "queue": (self.tr("&Queue"), "Ctrl+Alt+Q"),
        }
        for name, (text, key) in panes.items():
            action = self._add(menu, f"pane_{name}", text, lambda name=name: window.toggle_pane(name), key)
            action.setCheckable(True)
        self._add(menu, "next_pane", self.tr("&Next pane"), window.next_pane, "F6")
        self._add(menu, "previous_pane", self.tr("P&revious pane"), lambda: window.next_pane(-1), "Shift+F6")
        menu.addSeparator()
        self._themes(menu.addMenu(self.tr("&Theme")))
        self._text_sizes(menu.addMenu(self.tr("Te&xt size")))
        menu.addSeparator()
        full = self._add(menu, "fullscreen", self.tr("&Full screen"), window.toggle_fullscreen, "F11")
        full.setCheckable(True)

    def _themes(self, menu: QMenu) -> None:
        group = QActionGroup(menu)
        words = {
            "system": self.tr("As the &system"),
            "dark": self.tr("&Dark"),
            "light": self.tr("&Light"),
            "contrast": self.tr("&High contrast"),
        }
        for name, text in words.items():
            action = self._add(menu, f"theme_{name}", text, lambda name=name: self._window.change(theme=name))
            action.setCheckable(True)
            group.addAction(action)

    def _text_sizes(self, menu: QMenu) -> None:
        self._add(menu, "larger", self.tr("&Larger"), lambda: self._step(1), QKeySequence.StandardKey.ZoomIn, "Ctrl+=")
        self._add(menu, "smaller", self.tr("&Smaller"), lambda: self._step(-1), QKeySequence.StandardKey.ZoomOut)
        self._add(menu, "normal", self.tr("&Normal"), lambda: self._window.change(text_size=100), "Ctrl+0")
        menu.addSeparator()
        group = QActionGroup(menu)
        for percent in TEXT_SIZES:
            text = self.tr("{0} %").format(percent)
            action = self._add(
                menu, f"text_{percent}", text, lambda percent=percent: self._window.change(text_size=percent)
            )
            action.setCheckable(True)
            group.addAction(action)

    def _step(self, steps: int) -> None:
        size = max(LEAST_TEXT, min(MOST_TEXT, theme().text_size + 10 * steps))
        self._window.change(text_size=size)

    def _help(self, menu: QMenu) -> None:
        window = self._window
        self._add(menu, "readme", self.tr("&Read me"), window.dialogs.show_readme, "F1")
        self._add(menu, "shortcuts", self.tr("&Keyboard shortcuts"), window.dialogs.show_shortcuts, "Ctrl+/")
        menu.addSeparator()
        self._add(menu, "catalogue_notes", self.tr("Catalogue &notes"), window.dialogs.show_catalogue_notes)
        self._add(menu, "logs", self.tr("Open &logs folder"), window.dialogs.open_logs_folder)
        self._add(menu, "diagnostics", self.tr("&Copy diagnostics"), window.dialogs.copy_diagnostics)
        menu.addSeparator()
        about = self._add(menu, "about", self.tr("&About Sora Desktop"), window.dialogs.show_about)
        about.setMenuRole(QAction.MenuRole.AboutRole)

    def _corner(self) -> QWidget:
        """The toggles of the panes, at the right of the bar."""
        corner = self._corner_widget = QWidget(self._window.menuBar())
        layout = QHBoxLayout(corner)
        layout.setContentsMargins(0, 2, 8, 2)
        layout.setSpacing(0)
        icons = {"compose": "pleft", "details": "pbottom", "queue": "pright"}
        for name, picture in icons.items():
            action = self.actions[f"pane_{name}"]
            button = QToolButton()
            button.setObjectName(f"toggle_{name}")
            button.setProperty("look", "pane")
            button.setDefaultAction(action)
            sized(button)
            action.setIcon(icon(picture))
            action.setIconVisibleInMenu(False)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            button.setToolTip(f"{action.text().replace('&', '')} ({keys})")
            button.setAccessibleName(action.text().replace("&", ""))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addWidget(button)
        return corner

    def refresh(self) -> None:
        """Sets every tick and word to what is so."""
        window = self._window
        for name in ("compose", "details", "queue"):
            self.actions[f"pane_{name}"].setChecked(window.pane_shown(name))
        self.actions[f"tab_{window.centre.tab}"].setChecked(True)
        self.actions["fullscreen"].setChecked(window.isFullScreen())
        self.actions[f"theme_{theme().name}"].setChecked(True)
        for percent in TEXT_SIZES:
            self.actions[f"text_{percent}"].setChecked(percent == theme().text_size)
        paused = window.studio.engine.paused
        self.actions["pause_all"].setText(self.tr("Resume &all") if paused else self.tr("Pause &all"))

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        """A command that the focused widget does not know gives its key back to that widget; what is pasted where there
        is no text becomes a reference."""
        target = editable(now)
        for name in EDITS:
            known = target is not None and callable(getattr(target, name, None))
            self.actions[name].setEnabled(known or name == "paste")

    def _on_edit(self, name: str) -> None:
        target = editable(QApplication.focusWidget())
        if callable(getattr(target, name, None)):
            getattr(target, name)()
        elif name == "paste":
            self._window.panes.show_pane("compose", True)
            self._window.compose.references.paste()


def editable(widget: QWidget | None) -> QWidget | None:
    """The widget whose `undo`, `cut`, `copy`, … a command means when `widget` has the focus."""
    if isinstance(widget, QAbstractSpinBox | QComboBox):
        return widget.lineEdit()
    return widget
