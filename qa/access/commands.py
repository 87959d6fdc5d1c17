"""Command line: ``python -m qa users add|list|disable|enable|role|password|token|tokens|revoke``."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from dataclasses import asdict

from qa.access.accounts import Accounts, accounts_path
from qa.access.errors import AccountsError
from qa.access.types import ROLES, Account, Token

Command = Callable[[argparse.Namespace], int]


def add_users(users: argparse.ArgumentParser) -> None:
    """Add the commands to the parser of ``users``."""
    commands = users.add_subparsers(dest="users_command", required=True)

    def add(name: str, help: str, run: Command, *arguments: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help)
        for argument in arguments:
            command.add_argument(argument)
        command.set_defaults(run=run)
        return command

    roles = (
        "reader 提问阅读 / asks; editor 更改文档库 / changes the library; admin 全部 / everything"
    )
    new = add("add", "添加用户 / add an account", _add, "name")
    new.add_argument("--role", choices=ROLES, default="reader", help=f"{roles} (reader)")
    _add_password(new)
    add("list", "列出用户 / list accounts", _list).add_argument("--json", action="store_true")
    add("disable", "停用用户 / let an account in no more", _disable, "name")
    add("enable", "恢复用户 / let it in again", _enable, "name")
    add("role", "更改角色 / give it another role", _set_role, "name").add_argument(
        "role", choices=ROLES, help=roles
    )
    _add_password(add("password", "更改密码 / give it another password", _set_password, "name"))
    token = add("token", "为程序建立令牌 / make a token for a program", _add_token, "name")
    token.add_argument("--label", required=True, help="用途 / what it is for")
    token.add_argument("--role", choices=ROLES, help="至多的角色 / the most it may (the account's)")
    add("tokens", "列出令牌 / list tokens", _list_tokens).add_argument(
        "--json", action="store_true"
    )
    add("revoke", "撤销令牌 / revoke a token", _revoke, "id")


def _add_password(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--password-stdin",
        action="store_true",
        help="从标准输入读取密码 / read the password from standard input",
    )


def _accounts() -> Accounts:
    return Accounts(accounts_path())


def _add(options: argparse.Namespace) -> int:
    accounts = _accounts()
    first = not accounts.exist()
    accounts.add(options.name, options.role, _read_password(options))
    _say(
        f"已添加用户 {options.name}（{options.role}）。",
        f"Added {options.name} ({options.role}).",
    )
    if first:
        _say(
            "从现在起，打开网页和调用接口都要登录，包括在本机上。",
            "From now on the page and the interfaces need a login, on this machine, too.",
        )
    return 0


def _list(options: argparse.Namespace) -> int:
    accounts = _accounts().list()
    if options.json:
        print(json.dumps([_write(account) for account in accounts], ensure_ascii=False))
        return 0
    for account in accounts:
        state = "停用 disabled" if account.disabled else ""
        print(f"{account.name}\t{account.role}\t{account.created:%Y-%m-%d}\t{state}".rstrip())
    return 0


def _list_tokens(options: argparse.Namespace) -> int:
    tokens = _accounts().list_tokens()
    if options.json:
        print(json.dumps([_write(token) for token in tokens], ensure_ascii=False))
        return 0
    for token in tokens:
        day = f"{token.created:%Y-%m-%d}"
        print(f"{token.id}\t{token.account}\t{token.role}\t{day}\t{token.label}")
    return 0


def _disable(options: argparse.Namespace) -> int:
    _accounts().disable(options.name)
    _say(
        f"已停用 {options.name}：不能再登录，令牌已撤销。",
        f"Disabled {options.name}: it cannot log in, and its tokens are revoked.",
    )
    return 0


def _enable(options: argparse.Namespace) -> int:
    _accounts().enable(options.name)
    _say(f"{options.name} 又可以登录了。", f"{options.name} can log in again.")
    return 0


def _set_role(options: argparse.Namespace) -> int:
    _accounts().set_role(options.name, options.role)
    _say(f"{options.name} 现在是 {options.role}。", f"{options.name} is now {options.role}.")
    return 0


def _set_password(options: argparse.Namespace) -> int:
    _accounts().set_password(options.name, _read_password(options))
    _say(
        f"已更改 {options.name} 的密码，其已登录的页面需重新登录。",
        f"Changed the password of {options.name}; where it is logged in, it has to log in again.",
    )
    return 0


def _add_token(options: argparse.Namespace) -> int:
    token = _accounts().add_token(options.name, options.label, options.role)
    _say(
        "令牌只显示这一次，请妥善保存；程序在 Authorization 头中以 Bearer 带上它：",
        "The token is shown this once only. A program sends it as Authorization: Bearer …:",
    )
    print(token)
    return 0


def _revoke(options: argparse.Namespace) -> int:
    _accounts().revoke_token(options.id)
    _say(f"已撤销令牌 {options.id}。", f"Revoked the token {options.id}.")
    return 0


def _read_password(options: argparse.Namespace) -> str:
    """Return the password from standard input or, twice the same, from the terminal."""
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise AccountsError(
            "没有终端可以输入密码；请从标准输入给出密码，并加 --password-stdin。",
            "There is no terminal to type the password on; give it on standard input, with "
            "--password-stdin.",
        )
    first = getpass.getpass("密码 / password: ")
    if getpass.getpass("再输一次 / once more: ") != first:
        raise AccountsError(
            "两次输入的密码不同，没有改动。", "The two passwords differ; nothing was changed."
        )
    return first


def _write(item: Account | Token) -> dict[str, object]:
    return {**asdict(item), "created": item.created.isoformat()}


def _say(chinese: str, english: str) -> None:
    print(f"{chinese}\n{english}", file=sys.stderr)
