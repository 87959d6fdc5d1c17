"""Accounts, sessions and tokens in one SQLite file, ``policy_home()/"users.sqlite3"``.

Passwords are hashed with Argon2id, sessions and tokens with SHA-256: these are random, so that nothing
slower is needed. A connection lives as long as one call, and every question is asked of the file, so
that what is changed by ``python -m qa users`` counts from a running server's next request on.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from itsdangerous import BadSignature, Signer

from documents.library import policy_home
from qa.access.errors import AccountsError
from qa.access.passwords import check_password, hash_password, is_outdated, is_right
from qa.access.types import ROLES, Account, Role, Token, covers
from qa.migrations import ForeignFileError, NewerVersionError, Step, migrate, statements

# A working day: whoever logs in in the morning is not asked again before the evening.
SESSION = timedelta(hours=12)
# Tells a token from anything else, for those who look for leaked ones.
PREFIX = "pqa_"
LONGEST_NAME = 64
LONGEST_LABEL = 100

# Says that an SQLite file holds accounts ("PQAU").
APPLICATION = 0x50514155
_SECONDS = 5.0


def _make_tables(connection: sqlite3.Connection) -> None:
    statements(*_TABLES)(connection)
    connection.execute("INSERT INTO keys VALUES (?)", (secrets.token_hex(32),))


_TABLES = (
    "CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " role TEXT NOT NULL, password TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,"
    " created TEXT NOT NULL)",
    "CREATE TABLE sessions (hash TEXT PRIMARY KEY,"
    " account INTEGER NOT NULL REFERENCES accounts (id), ends TEXT NOT NULL)",
    "CREATE TABLE tokens (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE,"
    " account INTEGER NOT NULL REFERENCES accounts (id), label TEXT NOT NULL, role TEXT NOT NULL,"
    " created TEXT NOT NULL)",
    # What signs the cookies of sessions.
    "CREATE TABLE keys (key TEXT NOT NULL)",
)
# See ``qa.migrations``: only ever added to, at the end.
STEPS: tuple[Step, ...] = (_make_tables,)
_ACCOUNT = "accounts.id, accounts.name, accounts.role, accounts.disabled, accounts.created"


def accounts_path() -> Path:
    """Return where this user's accounts lie."""
    return policy_home() / "users.sqlite3"


class Accounts:
    """The accounts in the file ``path``; it is made with the first of them.

    Every method may raise AccountsError, where the file cannot be read or written, is damaged, is none
    of ours or a newer version's: then nobody can be let in.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def exist(self) -> bool:
        """Whether there are any accounts, disabled ones included: if so, everybody logs in."""
        if not self.path.exists():
            return False
        with self._open() as connection:
            return connection.execute("SELECT 1 FROM accounts").fetchone() is not None

    def list(self) -> tuple[Account, ...]:
        """Return the accounts by name."""
        if not self.path.exists():
            return ()
        with self._open() as connection:
            rows = connection.execute(f"SELECT {_ACCOUNT} FROM accounts ORDER BY name").fetchall()
        return tuple(map(_read_account, rows))

    def add(self, name: str, role: Role, password: str) -> None:
        """Add an account; AccountsError where the name is taken, or it or the password is no use."""
        name = check_name(name)
        check_password(password, name)
        kept = hash_password(password)
        with self._write() as connection:
            if _find(connection, name) is not None:
                raise AccountsError(
                    f"已有用户 {name}。要换密码请用 python -m qa users password。",
                    f"There is an account {name} already. To change its password: python -m qa users "
                    "password.",
                )
            connection.execute(
                "INSERT INTO accounts (name, role, password, created) VALUES (?, ?, ?, ?)",
                (name, _check_role(role), kept, _now()),
            )

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password; its sessions end, its tokens stay."""
        check_password(password, fold(name))
        kept = hash_password(password)
        with self._write() as connection:
            id = _require(connection, name)
            connection.execute("UPDATE accounts SET password = ? WHERE id = ?", (kept, id))
            connection.execute("DELETE FROM sessions WHERE account = ?", (id,))

    def set_role(self, name: str, role: Role) -> None:
        """Give an account another role, from the next request on."""
        with self._write() as connection:
            id = _require(connection, name)
            connection.execute("UPDATE accounts SET role = ? WHERE id = ?", (_check_role(role), id))

    def disable(self, name: str) -> None:
        """Let nobody in by an account any more: its sessions end and its tokens are revoked."""
        with self._write() as connection:
            id = _require(connection, name)
            connection.execute("UPDATE accounts SET disabled = 1 WHERE id = ?", (id,))
            connection.execute("DELETE FROM sessions WHERE account = ?", (id,))
            connection.execute("DELETE FROM tokens WHERE account = ?", (id,))

    def enable(self, name: str) -> None:
        """Let an account that was disabled log in again, by its password."""
        with self._write() as connection:
            id = _require(connection, name)
            connection.execute("UPDATE accounts SET disabled = 0 WHERE id = ?", (id,))

    # --- sessions ---------------------------------------------------------------------------------

    def log_in(self, name: str, password: str) -> str | None:
        """Return the cookie of a new session; None where name and password are not those of an account.

        Takes as long for a name that does not exist: some 0.1 s, and 64 MiB.
        """
        row = None
        if self.path.exists() and len(name) <= 4 * LONGEST_NAME:
            with self._open() as connection:
                row = _find(connection, fold(name))
        id, kept, disabled = row or (None, None, True)
        if not is_right(password, kept) or disabled or kept is None:
            return None
        rehashed = hash_password(password) if is_outdated(kept) else None
        session = secrets.token_urlsafe(32)
        ends = (datetime.now(UTC) + SESSION).isoformat()
        with self._write() as connection:
            connection.execute("DELETE FROM sessions WHERE ends < ?", (_now(),))
            # In the same breath, so that one who was disabled meanwhile is not let in.
            inserted = connection.execute(
                "INSERT INTO sessions (hash, account, ends) SELECT ?, id, ? FROM accounts"
                " WHERE id = ? AND NOT disabled AND password = ?",
                (_hash(session), ends, id, kept),
            ).rowcount
            if rehashed is not None:
                connection.execute(
                    "UPDATE accounts SET password = ? WHERE id = ? AND password = ?",
                    (rehashed, id, kept),
                )
            return _signer(connection).sign(session).decode() if inserted else None

    def find_session(self, cookie: str) -> Account | None:
        """Return whose session it is; None where it is none, or has ended."""
        with self._open() as connection:
            session = _unsign(connection, cookie)
            row = (
                session
                and connection.execute(
                    f"SELECT {_ACCOUNT} FROM sessions JOIN accounts ON accounts.id = sessions.account"
                    " WHERE hash = ? AND ends > ? AND NOT disabled",
                    (_hash(session), _now()),
                ).fetchone()
            )
        return _read_account(row) if row else None

    def log_out(self, cookie: str) -> None:
        """End a session; nothing where it is none."""
        with self._write() as connection:
            if session := _unsign(connection, cookie):
                connection.execute("DELETE FROM sessions WHERE hash = ?", (_hash(session),))

    # --- tokens -----------------------------------------------------------------------------------

    def add_token(self, name: str, label: str, role: Role | None = None) -> str:
        """Return a new token for a program that acts for an account, with no more than ``role``.

        It cannot be shown again. What it may never exceeds what the account may at that time.
        """
        label = label.strip()
        if not label or len(label) > LONGEST_LABEL or not label.isprintable():
            raise AccountsError(
                f"请用 1 到 {LONGEST_LABEL} 个字说明令牌的用途。",
                f"Say in 1 to {LONGEST_LABEL} characters what the token is for.",
            )
        token = PREFIX + secrets.token_urlsafe(32)
        with self._write() as connection:
            id = _require(connection, name)
            own, disabled = connection.execute(
                "SELECT role, disabled FROM accounts WHERE id = ?", (id,)
            ).fetchone()
            if disabled:
                raise AccountsError(
                    f"用户 {name} 已停用，不能建立令牌。",
                    f"The account {name} is disabled and gets no token.",
                )
            row = (secrets.token_hex(4), _hash(token), id, label, _check_role(role or own), _now())
            connection.execute(
                "INSERT INTO tokens (id, hash, account, label, role, created)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
        return token

    def list_tokens(self) -> tuple[Token, ...]:
        """Return the tokens that count, oldest first, without what they are known by."""
        if not self.path.exists():
            return ()
        query = (
            "SELECT tokens.id, name, label, tokens.role, tokens.created FROM tokens"
            " JOIN accounts ON accounts.id = tokens.account ORDER BY tokens.created, tokens.id"
        )
        with self._open() as connection:
            rows = connection.execute(query).fetchall()
        return tuple(
            Token(id, name, label, role, datetime.fromisoformat(created))
            for id, name, label, role, created in rows
        )

    def find_token(self, token: str) -> Account | None:
        """Return whom a token acts for, with the role that it has now; None where it is none."""
        if not token.startswith(PREFIX):
            return None
        with self._open() as connection:
            row = connection.execute(
                f"SELECT {_ACCOUNT}, tokens.role FROM tokens"
                " JOIN accounts ON accounts.id = tokens.account"
                " WHERE hash = ? AND NOT disabled",
                (_hash(token),),
            ).fetchone()
        if row is None:
            return None
        *own, most = row
        account = _read_account(own)
        role = most if covers(account.role, most) else account.role
        return Account(account.id, account.name, role, account.disabled, account.created)

    def revoke_token(self, id: str) -> None:
        """Have a token count no more; AccountsError where there is none of that id."""
        with self._write() as connection:
            if not connection.execute("DELETE FROM tokens WHERE id = ?", (id,)).rowcount:
                raise AccountsError(
                    f"没有令牌 {id}。全部令牌见 python -m qa users tokens。",
                    f"There is no token {id}. For all of them: python -m qa users tokens.",
                )

    # --- the file ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():
                self.path.touch(mode=0o600)
            connection = sqlite3.connect(self.path, timeout=_SECONDS, isolation_level=None)
            with contextlib.closing(connection):
                migrate(connection, STEPS, APPLICATION)
                # Readers and a writer do not wait for each other; where it cannot be had, they do.
                with contextlib.suppress(sqlite3.OperationalError):
                    connection.execute("PRAGMA journal_mode = WAL")
                yield connection
        except NewerVersionError as error:
            raise AccountsError(
                f"{self.path}：用户文件由更新的版本写成（格式 {error.found}，本程序支持 {error.known}），"
                "没有改动它。请升级程序。",
                f"{self.path}: the file of accounts was written by a newer version (format "
                f"{error.found}, this one reads {error.known}); it was left as it is. Upgrade the program.",
            ) from error
        except ForeignFileError as error:
            raise AccountsError(
                f"{self.path}：这不是用户文件，没有改动它。请移走该文件，或用 POLICY_QA_HOME 指定其他文件夹。",
                f"{self.path}: this is no file of accounts; it was left as it is. Move it away, or name "
                "another folder with POLICY_QA_HOME.",
            ) from error
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            raise AccountsError(
                f"{self.path}：用户文件无法读写（{error}），因此不能登录。请检查权限和磁盘空间；如果文件已损坏，"
                "请从备份恢复，或把它移到别处后用 python -m qa users add 重新添加用户。",
                f"{self.path}: the file of accounts cannot be read or written ({error}), so nobody can "
                "log in. Check permissions and disk space; if it is damaged, restore it from a back-up, "
                "or move it away and add the accounts again with python -m qa users add.",
            ) from error

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """Give a connection in a transaction, which is on disk when it is left without an error."""
        with self._open() as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")


def fold(name: str) -> str:
    """Return a name so that those that look the same, or differ in case only, are the same."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def check_name(name: str) -> str:
    """Return the name as it is kept; AccountsError where it is no name."""
    folded = fold(name)
    if not 1 <= len(folded) <= LONGEST_NAME or not folded.isprintable():
        raise AccountsError(
            f"用户名应有 1 到 {LONGEST_NAME} 个可见字符。",
            f"A name has 1 to {LONGEST_NAME} visible characters.",
        )
    return folded


def _check_role(role: str) -> str:
    if role not in get_args(Role):
        raise AccountsError(f"角色只能是：{'、'.join(ROLES)}。", f"Roles are: {', '.join(ROLES)}.")
    return role


def _find(connection: sqlite3.Connection, name: str) -> tuple[int, str, bool] | None:
    """Return id, what is kept of the password, and whether it is disabled."""
    query = "SELECT id, password, disabled FROM accounts WHERE name = ?"
    row: tuple[int, str, bool] | None = connection.execute(query, (name,)).fetchone()
    return row


def _require(connection: sqlite3.Connection, name: str) -> int:
    row = _find(connection, fold(name))
    if row is None:
        raise AccountsError(
            f"没有用户 {name}。全部用户见 python -m qa users list。",
            f"There is no account {name}. For all of them: python -m qa users list.",
        )
    return row[0]


def _signer(connection: sqlite3.Connection) -> Signer:
    key: str = connection.execute("SELECT key FROM keys").fetchone()[0]
    return Signer(key, salt="session", digest_method=hashlib.sha256)


def _unsign(connection: sqlite3.Connection, cookie: str) -> str | None:
    try:
        return _signer(connection).unsign(cookie).decode()
    except (BadSignature, ValueError):
        return None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _read_account(row: Any) -> Account:
    id, name, role, disabled, created = row
    return Account(id, name, role, bool(disabled), datetime.fromisoformat(created))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
