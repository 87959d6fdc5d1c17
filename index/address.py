"""Where an index is kept: a folder, or the address of a Milvus cluster."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

STORE_VARIABLE = "POLICY_QA_STORE"
_SCHEME = "milvus+"


@dataclass(frozen=True, slots=True)
class Address:
    """A Milvus cluster and a database in it ("": its default one).

    ``uri`` is Milvus' own; ``token``, "user:password" or an API key, is never shown.
    """

    uri: str
    token: str = field(default="", repr=False)
    database: str = ""

    def __str__(self) -> str:
        uri = self.uri if "://" in self.uri else f"file:{self.uri}"
        return f"{_SCHEME}{uri}" + (f"/{self.database}" if self.database else "")


Store = Path | Address


def read_address(text: str) -> Address:
    """Return the cluster that ``text`` names; ValueError, which does not repeat it, otherwise.

    ``milvus+http://host:19530``, ``milvus+https://user:password@host:19530/database``,
    ``milvus+https://key@host``; ``milvus+file:NAME.db`` is milvus-lite inside this process. What has
    a meaning in an address is percent-encoded in the user and the password.
    """
    bad = ValueError(
        "索引地址应写作 milvus+http://主机:19530，可加 用户名:密码@ 和 /数据库。\n"
        "The address of an index is written milvus+http://HOST:19530, with USER:PASSWORD@ and "
        "/DATABASE where needed."
    )
    if not text.startswith(_SCHEME):
        raise bad
    try:
        parts = urlsplit(text.removeprefix(_SCHEME))
        port = parts.port
    except ValueError:
        raise bad from None
    if parts.scheme == "file" and parts.path.endswith(".db"):
        return Address(parts.path)
    database = parts.path.strip("/")
    if parts.scheme not in ("http", "https") or not parts.hostname or "/" in database:
        raise bad
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    names = [unquote(name) for name in (parts.username, parts.password) if name is not None]
    place = host if port is None else f"{host}:{port}"
    return Address(f"{parts.scheme}://{place}", ":".join(names), database)


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--index DIR`` and ``--store ADDRESS``; either is ``options.index``, a Path or an Address.

    Without both it is the address of POLICY_QA_STORE, or None.
    """
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--index",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="索引文件夹 / folder of the index (default: the library's)",
    )
    add_store_option(either, dest="index")


def add_store_option(
    parser: argparse.ArgumentParser | argparse._MutuallyExclusiveGroup, *, dest: str
) -> None:
    """Add ``--store ADDRESS``, by default that of POLICY_QA_STORE."""
    parser.add_argument(
        "--store",
        dest=dest,
        type=_option,
        metavar="ADDRESS",
        # argparse reads a default that is text as if it had been typed.
        default=os.environ.get(STORE_VARIABLE) or None,
        help="Milvus 集群中的索引：milvus+http://主机:19530 / an index in a Milvus cluster "
        f"({STORE_VARIABLE})",
    )


def _option(text: str) -> Address:
    try:
        return read_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
