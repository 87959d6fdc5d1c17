"""The web application, assembled: ``python app.py [--host H] [--port P] [--index DIR]``.

With ``--stdio`` it is an MCP server on standard input and output instead.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from ipaddress import ip_address
from multiprocessing import active_children
from pathlib import Path
from typing import TYPE_CHECKING

from index.address import Store, add_store_options

# Set before gradio and the model's libraries are imported: nothing here talks to the network.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")

LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")

if TYPE_CHECKING:
    from fastapi import FastAPI

    from index.types import Encoder
    from qa.assistant import PolicyAssistant
    from qa.web.access.visitors import Access


def create_app(
    *,
    index: Store | None = None,
    model: str | None = None,
    reranker: str | None = None,
    access: Access | None = None,
    logged: bool = True,
) -> FastAPI:
    """Return the application over the index in ``index``, by default the library's own.

    ``access`` decides who is let in, by default whoever reaches this application. Questions are kept in
    the log with ``logged``, unless the environment says otherwise: see ``qa.retention``, whose
    RequestError is raised. The library can be changed only over its own index. The index and the models
    are loaded in the background once the application starts.
    """
    from documents.library import find_original
    from qa.generation import is_wanted
    from qa.retention import open_log
    from qa.web.admission import RUNNING, WRITING, Admission
    from qa.web.application import create_web_app
    from qa.web.jobs import Jobs
    from qa.web.process import change_library

    own = index is None
    return create_web_app(
        prepare(index, model, reranker),
        log=open_log() if logged else None,
        jobs=Jobs(partial(change_library, model=model)) if own else None,
        find_original=find_original if own else None,
        admission=Admission(WRITING if is_wanted() else RUNNING),
        access=access,
        read_version=choose_version(index),
    )


def choose_version(index: Store | None) -> Callable[[], object]:
    """Return what tells one index in ``index`` from the next; of a cluster's nothing is told."""
    from index import snapshot
    from index.stores import default_store

    store = default_store() if index is None else index
    return partial(snapshot.read_pointer, store) if isinstance(store, Path) else lambda: None


def prepare(
    index: Store | None, model: str | None, reranker: str | None
) -> Callable[[], PolicyAssistant]:
    """Return what opens the assistant, and opens it again when the index has changed."""
    # Once for the process: an index that is opened again goes on with the same encoder.
    encoder = cache(partial(load_model, model))
    return lambda: open_assistant(index, model, reranker, encoder)


def serve_stdio(
    index: Store | None, model: str | None, reranker: str | None, logged: bool = True
) -> None:
    """Answer an MCP client on standard input and output until it leaves."""
    from qa.errors import LogError
    from qa.retention import forget_old, open_log, read_days
    from qa.web.resources import Resources
    from qa.web.rest.mcp import build_tools
    from qa.web.startup import Startup

    log = open_log() if logged else None
    if log is not None:
        with suppress(LogError):  # said when an answer cannot be recorded
            forget_old(log, read_days())
    startup = Startup(prepare(index, model, reranker))
    startup.begin()
    build_tools(Resources(startup, log)).run("stdio")


def load_model(model: str | None) -> Encoder:
    """Load the encoder that is called ``model``, by default the built-in one; any other imports torch."""
    from index.encoder import load_encoder

    return load_encoder(model)


def open_assistant(
    index: Store | None,
    model: str | None,
    reranker: str | None,
    encoder: Callable[[], Encoder],
) -> PolicyAssistant:
    """Open the index, building the library's own where there is none; ``encoder`` is ``model``'s.

    A library without documents has an index without any, of which every question is refused.
    """
    from documents.errors import EmptyLibraryError
    from index import snapshot
    from index.hybrid import HybridIndex
    from index.progress import Progress
    from index.stores import default_store, open_index
    from qa.assistant import PolicyAssistant
    from qa.generation import from_environment

    try:
        if index is None and snapshot.is_outdated(default_store()):
            catch_up(model)
        found = open_index(
            index, model=model, reranker=reranker, progress=Progress(), encoder=encoder
        )
    except EmptyLibraryError:
        found = HybridIndex.build([], encoder())
    assistant = PolicyAssistant(found)
    # The first question of each language loads its dictionary, which takes longer than an answer,
    # and the first of all the reranker.
    assistant.ask("预热")
    assistant.ask("warm up")
    return PolicyAssistant(found, from_environment())


def catch_up(model: str | None) -> None:
    """Have the index follow a change of the library that was stopped before it could.

    Where it cannot, the log says why, and the present index is used.
    """
    from documents.errors import DocumentError
    from index import library
    from index.errors import BuildInProgressError, PolicyIndexError
    from index.progress import Progress

    try:
        library.catch_up(model=model, progress=Progress())
    except BuildInProgressError:
        pass  # it is not stopped, somebody is at it
    except (DocumentError, PolicyIndexError, OSError):
        logging.getLogger(__name__).exception("The index could not be brought up to date")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page until interrupted; return the exit code, 2 where it cannot be served."""
    options = parse_arguments(arguments)
    if options.engine:
        from index.encoder import choose_engine

        choose_engine(options.engine)
    from qa.errors import RequestError
    from qa.retention import open_log
    from qa.web.tracing import set_up_logging

    set_up_logging(options.log_level, options.log_format)
    logged = not options.no_log
    try:
        open_log()  # where its settings are wrong, it is said before anything is begun
        if options.stdio:
            serve_stdio(options.index, options.model, options.reranker, logged)
            return 0
    except RequestError as error:
        print(error.message, file=sys.stderr)
        return 2
    try:
        listener = open_port(options.host, options.port)
    except OSError as error:
        print(explain_port(options.host, options.port, error), file=sys.stderr)
        return 2
    with listener:
        access = choose_access(options, listener.getsockname()[0])
        if isinstance(access, str):
            print(access, file=sys.stderr)
            return 2
        app = create_app(
            index=options.index,
            model=options.model,
            reranker=options.reranker,
            access=access,
            logged=logged,
        )
        serve(app, listener, format_address(options.host, listener.getsockname()[1]))
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options; HOST and PORT of the environment are the defaults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1")
    parser.add_argument("--port", type=read_port, default=os.environ.get("PORT") or "7860")
    add_store_options(parser)
    parser.add_argument("--model", help="name or folder of the encoder (default: the built-in one)")
    parser.add_argument(
        "--engine", choices=("onnx", "torch"), help="what runs the default model (default: onnx)"
    )
    parser.add_argument(
        "--reranker", help="name or folder of a cross-encoder that re-ranks (default: none)"
    )
    parser.add_argument(
        "--without-login",
        action="store_true",
        help="let in whoever reaches the address, to ask and to read (default: only where there are no "
        "accounts, and no other machine reaches the address)",
    )
    parser.add_argument(
        "--allow-editing",
        action="store_true",
        help="with --without-login: let them change the library, too",
    )
    parser.add_argument(
        "--log-level",
        choices=LOG_LEVELS,
        default=os.environ.get("POLICY_QA_LOG_LEVEL") or "info",
        help="what is said on standard error (default: info, a line for each request)",
    )
    parser.add_argument(
        "--log-format",
        choices=LOG_FORMATS,
        default=os.environ.get("POLICY_QA_LOG_FORMAT") or "text",
        help="how it is said: for people, or a JSON object a line (default: text)",
    )
    parser.add_argument(
        "--no-log", action="store_true", help="write no question down, and take no feedback"
    )
    parser.add_argument(
        "--stdio", action="store_true", help="serve MCP on standard input and output, and no page"
    )
    options = parser.parse_args(arguments)
    # What comes from the environment argparse does not look at.
    if options.log_level not in LOG_LEVELS or options.log_format not in LOG_FORMATS:
        parser.error(f"log level {options.log_level!r}, log format {options.log_format!r}")
    return options


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address, an IP address as a socket names it."""
    return ip_address(host.partition("%")[0]).is_loopback


def choose_access(options: argparse.Namespace, host: str) -> Access | str:
    """Return who is let in at this address, or why it is not served, in Chinese and English.

    Without accounts the address must be this machine's own, unless it was said that nobody logs in.
    """
    from qa.access.accounts import Accounts, accounts_path
    from qa.access.errors import AccountsError
    from qa.web.access.visitors import Access

    if options.without_login:
        return Access(None, open_as="editor" if options.allow_editing else "reader")
    accounts = Accounts(accounts_path())
    if is_loopback(host):
        return Access(accounts, open_as="admin", local=True)
    try:
        known = accounts.exist()
    except AccountsError as error:
        return error.message
    return Access(accounts, open_as=None) if known else explain_login(options.host)


def explain_login(host: str) -> str:
    """Return why an address that other machines reach is not served, and what to do."""
    return (
        f"其他机器也能访问 {host}，而现在还没有用户，任何人都能进入，因此没有启动。请先添加用户：\n"
        "    python -m qa users add 名字 --role admin\n"
        "只在本机使用请去掉 --host；确实要不登录就开放（只能提问和阅读），请加 --without-login。\n"
        f"Other machines reach {host}, and there are no accounts yet: anybody would be let in, so it was "
        "not started. Add an account first:\n"
        "    python -m qa users add NAME --role admin\n"
        "To use it on this machine only, leave out --host; to let anybody ask and read on purpose, add "
        "--without-login."
    )


def read_port(text: str) -> int:
    """Return a port number; the system would take 99999 for another one."""
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def open_port(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; OSError where it cannot be had.

    It listens before anything slow is begun, so that two starts cannot both get the port.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def explain_port(host: str, port: int, error: OSError) -> str:
    """Return why the address cannot be had and what to do, in Chinese and English."""
    return (
        f"无法监听 {host}:{port}：{error.strerror or error}。端口可能已被占用，"
        f"请先停止占用它的程序，或换一个端口：--port {port % 65535 + 1}\n"
        f"Cannot listen on {host}:{port}: {error.strerror or error}. The port may be in use: stop "
        f"the program that holds it, or choose another: --port {port % 65535 + 1}"
    )


def format_address(host: str, port: int) -> str:
    """Return the address to open in a browser on this machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    return f"http://{f'[{name}]' if ':' in name and not name.startswith('[') else name}:{port}"


def is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the server's log is worth reading.

    Open pages keep a connection each; that stopping cuts them off is no error.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, asyncio.CancelledError) or "graceful shutdown" in str(record.msg))


@contextmanager
def stop_like_interrupt() -> Iterator[None]:
    """Have SIGTERM do what Ctrl-C does, and not end the process on the spot."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def serve(app: FastAPI, listener: socket.socket, address: str) -> None:
    """Run the server, and print the address once it answers there."""
    import uvicorn

    from qa.web.patience import LIMITS, PatientProtocol
    from qa.web.stopping import Stopping, end_at_last

    stopping: Stopping = app.state.stopping

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                print(address, flush=True)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            end_at_last()
            stopping.begin()
            for server in self.servers:
                server.close()
            listener.close()
            await stopping.drain()
            await super().shutdown(sockets)

    # Without its own log of requests, which holds what was asked: ``qa.web.tracing`` has one.
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
        http=PatientProtocol,
        **LIMITS,
    )
    logging.getLogger("uvicorn.error").addFilter(is_news)
    with stop_like_interrupt(), suppress(KeyboardInterrupt, asyncio.CancelledError):
        Server(config).run([listener])


def leave(code: int) -> None:
    """End the process with this exit code, once what it said is out.

    Without taking the interpreter apart: that takes seconds with models loaded, waits for threads that
    nobody waits for any more, and may crash in those that still compute.
    """
    for child in active_children():
        child.kill()  # what a change of the library leaves is whole at any moment
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
