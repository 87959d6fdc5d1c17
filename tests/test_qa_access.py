"""Accounts, sessions and tokens, and the commands that change them."""

from __future__ import annotations

import io
import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.__main__ import main
from qa.access import accounts as module
from qa.access import passwords
from qa.access.accounts import PREFIX, Accounts, accounts_path, check_name, fold
from qa.access.errors import AccountsError
from qa.access.passwords import LONGEST, SHORTEST, check_password, hash_password, is_right
from qa.access.types import ROLES, covers

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with as little work as Argon2 takes."""
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", weak)


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path / "users.sqlite3")


def test_nothing_is_written_by_asking(accounts: Accounts) -> None:
    assert not accounts.exist() and accounts.list() == () and accounts.list_tokens() == ()
    assert accounts.log_in("nobody", PASSWORD) is None
    assert not accounts.path.exists()


def test_an_account_logs_in_by_its_password_only(accounts: Accounts) -> None:
    accounts.add("王芳", "editor", PASSWORD)
    assert accounts.exist()
    assert accounts.log_in("王芳", PASSWORD + "x") is None
    assert accounts.log_in("王方", PASSWORD) is None
    assert accounts.log_in("王芳", "x" * (LONGEST + 1)) is None
    cookie = accounts.log_in("王芳", PASSWORD)
    assert cookie is not None
    found = accounts.find_session(cookie)
    assert found is not None and (found.name, found.role) == ("王芳", "editor")
    accounts.log_out(cookie)
    assert accounts.find_session(cookie) is None


def test_what_is_kept_holds_no_password_session_or_token(accounts: Accounts) -> None:
    accounts.add("wang", "admin", PASSWORD)
    cookie = accounts.log_in("wang", PASSWORD)
    token = accounts.add_token("wang", "trial")
    assert cookie is not None
    session = cookie.rpartition(".")[0]
    kept = b"".join(path.read_bytes() for path in accounts.path.parent.iterdir())
    assert b"wang" in kept and b"$argon2id$" in kept
    for secret in (PASSWORD, session, token, token.removeprefix(PREFIX)):
        assert secret.encode() not in kept


def test_the_file_is_its_owner_s_only(accounts: Accounts) -> None:
    accounts.add("wang", "admin", PASSWORD)
    assert accounts.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", ["disable", "set_password", "time"])
def test_a_session_ends(accounts: Accounts, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if change == "time":
        monkeypatch.setattr(module, "SESSION", timedelta(0))
    accounts.add("wang", "reader", PASSWORD)
    cookie = accounts.log_in("wang", PASSWORD)
    assert cookie is not None
    if change == "disable":
        accounts.disable("wang")
        assert accounts.log_in("wang", PASSWORD) is None
        accounts.enable("wang")
    elif change == "set_password":
        accounts.set_password("wang", PASSWORD + "2")
        assert accounts.log_in("wang", PASSWORD) is None
        assert accounts.log_in("wang", PASSWORD + "2") is not None
    assert accounts.find_session(cookie) is None


def test_a_role_changes_from_the_next_request_on(accounts: Accounts) -> None:
    accounts.add("wang", "admin", PASSWORD)
    cookie, token = accounts.log_in("wang", PASSWORD), accounts.add_token("wang", "trial")
    accounts.set_role("wang", "reader")
    assert cookie is not None
    for found in (accounts.find_session(cookie), accounts.find_token(token)):
        assert found is not None and found.role == "reader"


def test_a_token_may_less_than_its_account_and_never_more(accounts: Accounts) -> None:
    accounts.add("wang", "editor", PASSWORD)
    for most in ROLES:
        found = accounts.find_token(accounts.add_token("wang", "trial", most))
        assert found is not None
        assert found.role == (most if covers("editor", most) else "editor")


def test_a_revoked_token_and_one_of_a_disabled_account_count_no_more(accounts: Accounts) -> None:
    accounts.add("wang", "reader", PASSWORD)
    first, second = (accounts.add_token("wang", label) for label in ("one", "two"))
    one, two = accounts.list_tokens()
    assert (one.label, two.label, one.account) == ("one", "two", "wang")
    accounts.revoke_token(one.id)
    assert accounts.find_token(first) is None and accounts.find_token(second) is not None
    with pytest.raises(AccountsError, match=one.id):
        accounts.revoke_token(one.id)
    accounts.disable("wang")
    assert accounts.find_token(second) is None and accounts.list_tokens() == ()
    with pytest.raises(AccountsError, match="disabled"):
        accounts.add_token("wang", "three")


@pytest.mark.parametrize("label", ["", "  ", "x" * 101, "a\x1bb", "a\nb"])
def test_a_token_says_what_it_is_for(accounts: Accounts, label: str) -> None:
    accounts.add("wang", "reader", PASSWORD)
    with pytest.raises(AccountsError):
        accounts.add_token("wang", label)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Accounts:
    accounts = Accounts(tmp_path_factory.mktemp("accounts") / "users.sqlite3")
    accounts.add("wang", "admin", PASSWORD)
    accounts.add_token("wang", "trial")
    return accounts


@given(st.text(max_size=200))
def test_no_text_is_a_session_or_token(filled: Accounts, text: str) -> None:
    assert filled.find_session(text) is None
    assert filled.find_token(text) is None
    assert filled.find_token(PREFIX + text) is None


@given(st.text(min_size=SHORTEST, max_size=40), st.text(max_size=40))
@settings(max_examples=50)
def test_a_password_is_right_as_it_was_given_and_no_other(password: str, other: str) -> None:
    kept = hash_password(password)
    assert is_right(password, kept)
    assert not is_right(password, None)
    assert is_right(other, kept) == (fold_password(other) == fold_password(password))


def fold_password(password: str) -> str:
    return passwords._normalize(password)


@pytest.mark.parametrize("password", ["short", "x" * 300, "wangfangwangfang", "aaaaaaaaaaaaaa", ""])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(AccountsError):
        check_password(password, "wangfang")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 65, "a\x1b[0m", "a\u202eb"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(AccountsError):
        check_name(name)


def test_names_that_look_the_same_are_the_same(accounts: Accounts) -> None:
    accounts.add("Ｗang ", "reader", PASSWORD)
    assert [account.name for account in accounts.list()] == ["wang"]
    with pytest.raises(AccountsError, match="already"):
        accounts.add("WANG", "admin", PASSWORD)
    assert accounts.log_in("wANG", PASSWORD) is not None
    assert fold("Ｗang ") == "wang"


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_damaged_lets_nobody_in(accounts: Accounts, content: bytes) -> None:
    accounts.path.write_bytes(content)
    if not content:  # an empty file is one with no accounts yet
        assert not accounts.exist()
        return
    with pytest.raises(AccountsError, match=r"users\.sqlite3"):
        accounts.exist()
    assert accounts.path.read_bytes() == content


@pytest.mark.parametrize(("version", "application"), [(99, module.APPLICATION), (1, 7)])
def test_another_program_s_file_is_left_alone(
    accounts: Accounts, version: int, application: int
) -> None:
    with sqlite3.connect(accounts.path) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute(f"PRAGMA application_id = {application}")
    connection.close()
    with pytest.raises(AccountsError, match="left as it is"):
        accounts.exist()


def test_the_command_line_keeps_the_accounts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POLICY_QA_HOME", str(tmp_path))

    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(["users", *arguments])
        return code, *capsys.readouterr()

    code, out, err = run(
        "add", "wang", "--role", "admin", "--password-stdin", typed=PASSWORD + "\n"
    )
    assert (code, out) == (0, "") and "需要" not in err and "login" in err
    code, _, err = run("add", "li")
    assert code == 2 and "--password-stdin" in err
    code, _, err = run("add", "li", "--password-stdin", typed="short\n")
    assert code == 2 and "密码" in err
    assert run("add", "li", "--password-stdin", typed=PASSWORD + "\r\n")[0] == 0
    listed = json.loads(run("list", "--json")[1])
    assert [(one["name"], one["role"], one["disabled"]) for one in listed] == [
        ("li", "reader", False),
        ("wang", "admin", False),
    ]
    accounts = Accounts(accounts_path())
    assert accounts.log_in("li", PASSWORD) is not None
    token = run("token", "li", "--label", "statistics")[1].strip()
    assert accounts.find_token(token) is not None
    [kept] = json.loads(run("tokens", "--json")[1])
    assert token not in str(kept) and run("revoke", kept["id"])[0] == 0
    assert accounts.find_token(token) is None
    assert run("password", "li", "--password-stdin", typed=PASSWORD + "2\n")[0] == 0
    assert run("role", "li", "editor")[0] == 0 and run("disable", "li")[0] == 0
    assert "disabled" in run("list")[1]
    assert run("enable", "li")[0] == 0
    code, _, err = run("disable", "zhao")
    assert code == 2 and "没有用户 zhao" in err
