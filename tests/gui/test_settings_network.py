"""The page Network by clicks and keys, on the real stores, with a real proxy on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.core.errors import Failure, FailureKind, ProviderError, Sent
from sora_desktop.core.network import Network
from sora_desktop.providers.base import Check
from sora_desktop.ui.settings import SettingsDialog
from sora_desktop.ui.settings.network_page import NetworkPage
from support.loops import Run
from support.proxies import Authority, ProxyServer, proxy_server
from support.raw_server import RawServer, always, raw_server, reply
from support.studio import Opened

LOGIN = ("sora", "proxy-canary-4711")
CREDITS = reply(200, {"current_credits": 100, "data": []})


@pytest.fixture
def page(opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> NetworkPage:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    dialog = SettingsDialog(opened.studio, "network")
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    opened.idle()
    found = dialog.findChild(NetworkPage)
    assert isinstance(found, NetworkPage) and dialog.page == "network"
    return found


def choose(qtbot: QtBot, page: NetworkPage, mode: str) -> None:
    segment = next(each for each in page.mode.segments if each.choice.value == mode)
    qtbot.mouseClick(segment, Qt.MouseButton.LeftButton)


def write(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Tab)


def kept(opened: Opened) -> Network:
    opened.idle()
    return opened.studio.settings.current.network


def everything_shown(widget: QWidget) -> str:
    texts = [each.text() for each in widget.findChildren(QLabel)]
    texts += [each.text() for each in widget.findChildren(QAbstractButton)]
    texts += [each.displayText() for each in widget.findChildren(QLineEdit)]
    return "\n".join([*texts, *(each.toolTip() for each in widget.findChildren(QWidget))])


def test_a_manual_proxy_is_entered(opened: Opened, page: NetworkPage, qtbot: QtBot) -> None:
    assert page.mode.value == "system" and not page.host.isVisible()
    assert page.form.note_of("mode") == "The system names no proxy: services are called directly."
    choose(qtbot, page, "manual")
    assert page.host.isVisible() and page.host.hasFocus()
    assert "Not in use yet" in page.form.note_of("host")
    assert kept(opened) == Network(), "half a proxy is no proxy"
    page.kind.setCurrentIndex(page.kind.findData("socks5"))
    page.kind.activated.emit(page.kind.currentIndex())
    assert page.port.value() == 1080
    write(qtbot, page.host, "proxy.example.com")
    write(qtbot, page.user, "sora")
    write(qtbot, page.bypass, "*.corp.example; 10.0.0.0/8")
    assert kept(opened) == Network(
        mode="manual", scheme="socks5", host="proxy.example.com", port=1080, user="sora",
        bypass=("*.corp.example", "10.0.0.0/8"),
    )  # fmt: skip
    assert page.bypass.text() == "*.corp.example, 10.0.0.0/8"
    choose(qtbot, page, "none")
    assert kept(opened).mode == "none" and not page.host.isVisible()
    assert kept(opened).host == "proxy.example.com", "for the next time"


def test_a_pasted_address_of_a_proxy_is_taken_apart(opened: Opened, page: NetworkPage, qtbot: QtBot) -> None:
    choose(qtbot, page, "manual")
    write(qtbot, page.host, "https://proxy.example.com:3128/")
    assert (kept(opened).scheme, kept(opened).host, kept(opened).port) == ("https", "proxy.example.com", 3128)
    assert (page.kind.currentData(), page.host.text(), page.port.value()) == ("https", "proxy.example.com", 3128)


@pytest.mark.parametrize(
    ("row", "text", "said"),
    [
        ("host", "not a host", "is no host"),
        ("host", "http://u:geheim@p:1", "Leave the login out"),
        ("user", "a:b", "cannot be sent"),
        ("bypass", "http://a/b", "is no host"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(
    opened: Opened, page: NetworkPage, qtbot: QtBot, row: str, text: str, said: str
) -> None:
    choose(qtbot, page, "manual")
    write(qtbot, page.host, "proxy.example.com")
    before = kept(opened)
    field: QLineEdit = getattr(page, row)
    write(qtbot, field, text)
    assert said in page.form.text_of(row) and kept(opened) == before
    write(qtbot, field, "good.example")
    assert page.form.text_of(row) == "" and kept(opened) != before


def test_the_password_is_never_shown(opened: Opened, page: NetworkPage, qtbot: QtBot, tmp_path: Path) -> None:
    choose(qtbot, page, "manual")
    write(qtbot, page.host, "proxy.example.com")
    opened.idle()
    assert page.password.place_text.startswith("No password")
    qtbot.mouseClick(page.password.replace, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(page.password.edit, LOGIN[1])
    qtbot.keyClick(page.password.edit, Qt.Key.Key_Return)
    opened.idle()
    assert page.password.place_text.startswith("This session only")
    assert "canary" not in everything_shown(page) and not page.password.asking
    assert not any(b"canary" in path.read_bytes() for path in opened.studio.paths.data.rglob("*") if path.is_file())
    qtbot.mouseClick(page.password.replace, Qt.MouseButton.LeftButton)
    page.password.edit.setText("two\nlines")
    page.password.edit.setText("x" * 300)
    qtbot.mouseClick(page.password.save, Qt.MouseButton.LeftButton)
    opened.idle()
    assert "cannot be sent" in page.form.text_of("password")
    page.password.edit.clear()
    qtbot.mouseClick(page.password.save, Qt.MouseButton.LeftButton)
    opened.idle()
    assert page.password.place_text.startswith("No password")


def test_a_ca_file_is_chosen_and_judged_at_once(
    opened: Opened, page: NetworkPage, qtbot: QtBot, tmp_path: Path
) -> None:
    good, bad = tmp_path / "ca.pem", tmp_path / "bad.pem"
    good.write_bytes(Authority().pem)
    bad.write_text("nothing")
    page._set_ca(str(bad))
    opened.idle()
    assert "holds no certificate" in page.form.text_of("ca") and kept(opened).ca_file == ""
    page._set_ca(str(good))
    opened.idle()
    assert kept(opened).ca_file == str(good) and page.form.text_of("ca") == ""
    good.unlink()
    page.hide()
    page.show()
    opened.idle()
    assert "cannot be read" in page.form.text_of("ca")
    qtbot.mouseClick(page.take_out, Qt.MouseButton.LeftButton)
    assert kept(opened).ca_file == "" and page.form.text_of("ca") == "" and not page.take_out.isEnabled()


class Wire:
    """A service as plain.example behind a proxy with login."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._stack = AsyncExitStack()
        self.server: RawServer = run(self._stack.enter_async_context(raw_server(always(CREDITS))))
        hosts = {"plain.example": self.server.port}
        self.proxy: ProxyServer = run(self._stack.enter_async_context(proxy_server("http", hosts, login=LOGIN)))

    def close(self) -> None:
        self._run(self._stack.aclose())


@pytest.fixture
def wire(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    real = socket.getaddrinfo

    def getaddrinfo(host: object, *rest: object, **more: object) -> object:
        if str(host).endswith(".example"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    one = Wire(run)
    yield one
    one.close()


def test_the_check_says_one_sentence_of_each_account_and_of_any_host(
    wire: Wire, opened: Opened, page: NetworkPage, qtbot: QtBot, run: Run
) -> None:
    account = opened.studio.accounts.draft("rivya", "Mine", "http://plain.example", allow_http=True)
    run(opened.studio.accounts.add(account, "rvya_sk_1"))
    click = Qt.MouseButton.LeftButton
    qtbot.mouseClick(page.check.button, click)
    assert page.check.said == {"Mine": "Asking…"} and not page.check.button.isEnabled()
    opened.idle()
    assert page.check.said["Mine"].startswith("DNS: no address was found for plain.example")
    assert page.check.button.isEnabled()

    choose(qtbot, page, "manual")
    page.port.setValue(wire.proxy.port)
    write(qtbot, page.host, "127.0.0.1")
    write(qtbot, page.user, LOGIN[0])
    opened.idle()
    assert page.check.said == {}, "what was said was of another way"
    qtbot.mouseClick(page.check.button, click)
    opened.idle()
    assert page.check.said["Mine"].startswith(f"Proxy: 127.0.0.1:{wire.proxy.port} does not accept")
    run(opened.studio.network.set_password(LOGIN[1]))
    qtbot.mouseClick(page.check.button, click)
    opened.idle()
    assert page.check.said["Mine"].startswith("All is well: plain.example answered through the proxy")
    asked = len(wire.server.asked)
    write(qtbot, page.check.host, "http://plain.example/x?<b>y")
    qtbot.keyClick(page.check.host, Qt.Key.Key_Return)
    opened.idle()
    (said,) = page.check.said.values()
    assert said.startswith("plain.example was reached through the proxy") and "no key was sent" in said
    assert all("authorization" not in each.headers for each in wire.server.asked[asked:])


def test_a_check_looks_at_the_systems_proxies_again(
    wire: Wire, opened: Opened, page: NetworkPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.check.host.setText("http://plain.example")
    qtbot.mouseClick(page.check.button, Qt.MouseButton.LeftButton)
    opened.idle()
    assert next(iter(page.check.said.values())).startswith("DNS: ")
    monkeypatch.setenv("HTTP_PROXY", f"http://{':'.join(LOGIN)}@127.0.0.1:{wire.proxy.port}")
    qtbot.mouseClick(page.check.button, Qt.MouseButton.LeftButton)
    opened.idle()
    assert "was reached through the proxy" in next(iter(page.check.said.values()))
    page.hide()
    page.show()
    opened.idle()
    assert page.form.note_of("mode") == f"The system's proxy: 127.0.0.1:{wire.proxy.port}"


def test_a_script_of_the_systems_is_said_and_not_silently_passed_over(
    wire: Wire, opened: Opened, page: NetworkPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = tmp_path / "kioslaverc"
    settings.write_text("[Proxy Settings]\nProxyType=2\nProxy Config Script=http://wpad.example/proxy.pac\n", "utf-8")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    page.hide()
    page.show()
    opened.idle()
    assert "script (PAC), which is not read here: services are called directly" in page.form.note_of("mode")
    page.check.host.setText("http://plain.example")
    qtbot.mouseClick(page.check.button, Qt.MouseButton.LeftButton)
    opened.idle()
    [said] = page.check.said.values()
    assert said.startswith("Proxy: plain.example was not reached directly") and "script (PAC)" in said
    settings.write_text(f"[Proxy Settings]\nProxyType=1\nhttpProxy=127.0.0.1 {wire.proxy.port}\n", "utf-8")
    qtbot.mouseClick(page.check.button, Qt.MouseButton.LeftButton)
    opened.idle()
    assert "user name and password" in next(iter(page.check.said.values())), "KDE's own proxy, which wants a login"
    settings.write_text(
        f"[Proxy Settings]\nProxyType=1\nhttpProxy=127.0.0.1 {wire.proxy.port}\n"
        "ReversedException=true\nNoProxyFor=.corp.example\n",
        "utf-8",
    )
    qtbot.mouseClick(page.check.button, Qt.MouseButton.LeftButton)
    opened.idle()
    assert next(iter(page.check.said.values())).startswith("DNS: "), "it is for other hosts"


def test_a_failed_test_of_an_account_names_the_step(
    opened: Opened, qtbot: QtBot, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = opened.studio.accounts.draft("rivya", "Mine")
    run(opened.studio.accounts.add(account, "rvya_sk_1"))
    dialog = SettingsDialog(opened.studio, "accounts", account.id)
    qtbot.addWidget(dialog)
    detail, errors = dialog.accounts.detail, {
        "proxy_login": "Proxy: p:1 does not accept",
        "tls_unknown_ca": "TLS: nothing on this computer vouches for the certificate of rivya.ai",
        "key_expired": "Key: it has expired",
    }  # fmt: skip
    for code, said in errors.items():

        async def test(_account: str, code: str = code) -> Check:
            kind = FailureKind.KEY if code.startswith("key_") else FailureKind.NETWORK
            raise ProviderError(Failure(kind=kind, code=code, args={"proxy": "p:1"}, detail="<b>x"), Sent.NOT_SENT)

        monkeypatch.setattr(opened.studio.engine, "test", test)
        qtbot.mouseClick(detail.card.button, Qt.MouseButton.LeftButton)
        opened.idle()
        assert detail.card.reason.startswith(said) and "\n" not in detail.card.reason
