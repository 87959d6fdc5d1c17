"""Addresses of clusters: what they mean, what is refused, and that passwords are not shown."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import pytest

from index.address import Address, add_store_options, read_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("milvus+http://host:19530", Address("http://host:19530")),
        ("milvus+http://[::1]:19530/", Address("http://[::1]:19530")),
        (
            "milvus+https://root:p%40ss@host:19530/laws",
            Address("https://host:19530", "root:p@ss", "laws"),
        ),
        ("milvus+https://key@host", Address("https://host", "key")),
        ("milvus+file:/tmp/a.db", Address("/tmp/a.db")),
    ],
)
def test_what_an_address_means(text: str, address: Address) -> None:
    assert read_address(text) == address
    assert read_address(str(address)) == replace(address, token="")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/srv/index",
        "http://host:19530",
        "milvus+http://",
        "milvus+http://host:many",
        "milvus+http://host/a/b",
        "milvus+ftp://host",
        "milvus+file:/tmp/folder",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="milvus\\+http://HOST:19530"):
        read_address(text)


def test_a_password_is_shown_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    address = read_address("milvus+https://root:secret@host:19530/laws")
    assert str(address) == "milvus+https://host:19530/laws"
    assert "secret" not in repr(address)
    with pytest.raises(SystemExit) as stopped:
        options(["--store", "milvus+http://root:secret@host:many"])
    assert stopped.value.code == 2
    assert "secret" not in capsys.readouterr().err


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_store_options(parser)
    return parser.parse_args(arguments)


def test_folder_address_or_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert options([]).index is None
    monkeypatch.setenv("POLICY_QA_STORE", "milvus+http://everybody:1")
    assert options([]).index == Address("http://everybody:1")
    assert options(["--store", "milvus+http://mine:1"]).index == Address("http://mine:1")
    assert options(["--index", "folder"]).index == Path("folder")
    with pytest.raises(SystemExit):
        options(["--index", "folder", "--store", "milvus+http://mine:1"])
