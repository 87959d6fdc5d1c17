"""The command that serves the page: its address, its options, and a port that is taken."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

import app
from documents import library
from documents.types import Original
from index import snapshot
from index.stores import build_store, default_store
from qa.access.accounts import Accounts, accounts_path
from tests.conftest import FakeEncoder

pytestmark = pytest.mark.usefixtures("kept_logging")


def test_a_taken_port_is_explained_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert app.main(["--port", str(port)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert f"无法监听 127.0.0.1:{port}" in output.err
    assert f"Cannot listen on 127.0.0.1:{port}" in output.err
    assert "--port" in output.err and "Traceback" not in output.err


def test_an_impossible_host_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert app.main(["--host", "nowhere.invalid"]) == 2
    assert "Cannot listen on nowhere.invalid:7860" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["99999", "-1", "x", ""])
def test_an_impossible_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        app.main([f"--port={port}"])
    assert refusal.value.code == 2
    assert "port" in capsys.readouterr().err


def test_options_come_from_the_environment_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOST", raising=False)
    monkeypatch.setenv("PORT", "")
    options = app.parse_arguments([])
    assert (options.host, options.port) == ("127.0.0.1", 7860)
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.setenv("PORT", "8000")
    options = app.parse_arguments(["--port", "9000"])
    assert (options.host, options.port) == ("0.0.0.0", 9000)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("example.org", "http://example.org:80"),
    ],
)
def test_the_address_printed_can_be_opened(host: str, address: str) -> None:
    assert app.format_address(host, 80) == address


def test_create_app_returns_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "open_assistant", lambda *_: pytest.fail("loaded too early"))
    assert isinstance(app.create_app(), FastAPI)


def test_stopping_with_open_pages_is_no_error() -> None:
    def record(message: str, error: BaseException | None = None) -> logging.LogRecord:
        trace = (type(error), error, None) if error else None
        return logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, message, (), trace)

    assert not app.is_news(record("Exception in ASGI application", asyncio.CancelledError()))
    assert not app.is_news(record("Cancel 1 running task(s), timeout graceful shutdown exceeded"))
    assert app.is_news(record("Exception in ASGI application", ValueError("x")))


@pytest.fixture
def encoder_loads(monkeypatch: pytest.MonkeyPatch, encoder: FakeEncoder) -> list[str | None]:
    """Return the names under which an encoder was loaded, so far."""
    loaded: list[str | None] = []

    def load(model: str | None) -> FakeEncoder:
        loaded.append(model)
        return encoder

    monkeypatch.setattr("index.stores.load_encoder", load)
    monkeypatch.setattr("index.encoder.load_encoder", load)
    return loaded


def test_an_emptied_library_is_served_and_said_to_be_empty(
    home: Path, encoder_loads: list[str | None], encoder: FakeEncoder
) -> None:
    (home / "documents").mkdir(parents=True)
    assistant = app.open_assistant(None, None, None, lambda: encoder)
    assert dict(assistant.index.documents) == {}
    for question in ("充电站建设有什么支持？", "文档库里有哪些文件？", "第十二条怎么说？"):
        response = assistant.ask(question)
        assert (response.outcome, response.citations, response.results) == ("no_basis", (), ())
        assert "文档库现在是空的" in response.answer and response.notices[0].code == "empty"
    assert "the library is empty" in assistant.ask("what supports charging stations?").answer
    (home / "documents" / "mine.txt").write_text("某某意见\n一、支持公共充电站建设。\n", "utf-8")
    assert list(app.open_assistant(None, None, None, lambda: encoder).index.documents) == ["mine"]


def test_an_index_opened_again_goes_on_with_the_same_encoder(
    home: Path, encoder_loads: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add([Original("a.txt", "某某意见\n一、支持公共充电站建设。\n".encode())])
    opened = []
    monkeypatch.setattr(
        "qa.web.application.create_web_app", lambda open, *_, **__: opened.extend([open(), open()])
    )
    build_store(default_store())
    encoder_loads.clear()
    app.create_app(model="some model")
    assert len(opened) == 2 and encoder_loads == ["some model"]


def test_a_change_that_was_stopped_is_finished_at_the_next_start(
    home: Path, encoder_loads: list[str | None], encoder: FakeEncoder
) -> None:
    (home / "documents").mkdir(parents=True)
    library.add([Original("a.txt", "某某意见\n一、支持公共充电站建设。\n".encode())])
    build_store(default_store())
    library.add([Original("b.txt", "某某办法\n一、支持换电站建设。\n".encode())])
    assert list(app.open_assistant(None, None, None, lambda: encoder).index.documents) == ["a"]
    snapshot.mark_outdated(default_store())
    with snapshot.build_lock(default_store()):  # somebody is at it
        assert list(app.open_assistant(None, None, None, lambda: encoder).index.documents) == ["a"]
    found = app.open_assistant(None, None, None, lambda: encoder).index.documents
    assert list(found) == ["a", "b"] and not snapshot.is_outdated(default_store())


@pytest.mark.parametrize(
    ("arguments", "accounts", "role", "local"),
    [
        ([], False, "admin", True),
        (["--host=localhost"], True, "admin", True),
        (["--host=0.0.0.0"], True, None, False),
        (["--host=0.0.0.0", "--without-login"], False, "reader", False),
        (["--host=0.0.0.0", "--without-login", "--allow-editing"], True, "editor", False),
        (["--host=127.0.0.1", "--without-login"], True, "reader", False),
    ],
)
def test_who_is_let_in_by_which_address(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    accounts: bool,
    role: str | None,
    local: bool,
) -> None:
    monkeypatch.setenv("POLICY_QA_HOME", str(tmp_path))
    if accounts:
        Accounts(accounts_path()).add("wang", "admin", "correct horse battery")
    created: list[Any] = []
    monkeypatch.setattr(app, "create_app", lambda **options: created.append(options["access"]))
    monkeypatch.setattr(app, "serve", lambda *_: None)
    assert app.main([*arguments, "--port=0"]) == 0
    [access] = created
    assert (access.open_as, access.local) == (role, local)
    assert (access.accounts is None) == ("--without-login" in arguments)


@pytest.mark.parametrize("damaged", [False, True])
def test_without_accounts_no_other_machine_reaches_it(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damaged: bool,
) -> None:
    monkeypatch.setenv("POLICY_QA_HOME", str(tmp_path))
    if damaged:
        accounts_path().write_bytes(b"damaged")
    monkeypatch.setattr(app, "create_app", lambda **_: pytest.fail("started"))
    assert app.main(["--host=0.0.0.0", "--port=0"]) == 2
    output = capsys.readouterr()
    assert output.out == "" and "python -m qa users add" in output.err
    assert ("users.sqlite3" in output.err) is damaged
    assert ("--without-login" in output.err) is not damaged


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.5", False),
        ("fe80::1%eth0", False),
    ],
)
def test_which_addresses_only_this_machine_reaches(host: str, own: bool) -> None:
    assert app.is_loopback(host) is own


@pytest.mark.parametrize(
    ("options", "changed", "handed"),
    [({}, True, True), ({"index": Path("x")}, False, False)],
)
def test_what_is_offered_over_which_index(
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    tmp_path: Path,
    options: dict[str, Any],
    changed: bool,
    handed: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    given: dict[str, Any] = {}
    monkeypatch.setattr(
        "qa.web.application.create_web_app", lambda _, **offered: given.update(offered)
    )
    app.create_app(**options)
    assert (given["jobs"] is not None) is changed
    assert (given["find_original"] is not None) is handed
    assert given["log"].path.name == "qa.sqlite3"
    store = options.get("index", default_store())
    assert given["read_version"]() is None
    store.mkdir(parents=True)
    (store / "CURRENT").write_text("one")
    assert given["read_version"]() == b"one"
