"""``bunko user``: manage accounts, under the rules of the user service."""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from deploy.postgresql.bootstrap import reason
from deploy.stack import installation
from deploy.user_error import UserError
from shared.errors import Refusal
from shared.postgres.engine import Database
from users import passwords
from users.refusals import (
    CONSTRAINTS,
    INVALID_PASSWORD,
    INVALID_USERNAME,
    LAST_ADMINISTRATOR,
    USER_NOT_FOUND,
    USERNAME_TAKEN,
)
from users.rules.accounts import check_password, check_username, credential
from users.store import accounts, administration, sessions

_PASSWORD_BYTES = 15
_REMEDIES = {
    INVALID_USERNAME.text: "a name has 3 to 31 letters, digits, '_', '-' and '.'",
    INVALID_PASSWORD.text: "a password has 8 to 255 characters",
    USER_NOT_FOUND.text: "check the spelling of the name",
    USERNAME_TAKEN.text: "choose another, or use bunko user set-role for that one",
    LAST_ADMINISTRATOR.text: "grant the role to another account first",
}
"""Text of a refusal of the user service -> remedy."""

Result = TypeVar("Result")

_ask_option = click.option(
    "--ask", is_flag=True, help="Prompt for the password, or read it from standard input."
)


@click.group()
def user() -> None:
    """Manage accounts: create an administrator, grant a role, reset a password.

    Bunko may run or not. Names and passwords follow the rules of the user service.

    \b
    Example:
      bunko user reset-password admin
    """


@user.command("create-admin")
@click.argument("name")
@_ask_option
def create_admin(name: str, ask: bool) -> None:
    """Create the administrator's account NAME.

    Needed for a further administrator, or when the only one is unavailable. A password is generated and shown once,
    unless you enter one with --ask.

    \b
    Example:
      bunko user create-admin mika
    """
    with _rules():
        name = credential(name)
        check_username(name)
        password = _password(ask=ask)
        digest = passwords.digest(password)
        _write(lambda db: accounts.create(db, name, digest, role=administration.ADMINISTRATOR))
    click.echo(f"{name} is an administrator.")
    _show(password, ask=ask)


@user.command("set-role")
@click.argument("name")
@click.argument("role")
@click.option("--remove", is_flag=True, help="Revoke the role.")
def set_role(name: str, role: str, remove: bool) -> None:
    """Grant a ROLE to the account NAME, or revoke it.

    Needed when no administrator is available who can do it in the front end. It takes effect with the user's next
    request. The last administrator keeps the role.

    \b
    Example:
      bunko user set-role mika Editor
      bunko user set-role mika Admin --remove
    """

    def change(db: Connection) -> str:
        role_id, role_name = _role(db, role)
        administration.lock_administrators(db)
        added, removed = ([], [role_id]) if remove else ([role_id], [])
        administration.change_roles(db, _account(db, name).user_id, added=added, removed=removed)
        return role_name

    with _rules():
        changed = _write(change)
    click.echo(f"{name} {'no longer has' if remove else 'has'} the role {changed}.")


@user.command("reset-password")
@click.argument("name")
@_ask_option
def reset_password(name: str, ask: bool) -> None:
    """Reset the password of the account NAME and end its sessions.

    Needed when a user, the only administrator included, has lost the password. A new one is generated and shown once,
    unless you enter one with --ask.

    \b
    Example:
      bunko user reset-password admin
    """
    with _rules():
        password = _password(ask=ask)
        digest = passwords.digest(password)

        def change(db: Connection) -> None:
            user_id = accounts.reset_password(db, name, digest)
            if user_id is None:
                raise USER_NOT_FOUND
            sessions.end_all(db, user_id)

        _write(change)
    click.echo(f"{name} has another password, and was signed out everywhere.")
    _show(password, ask=ask)


def _password(*, ask: bool) -> str:
    if not ask:
        return secrets.token_urlsafe(_PASSWORD_BYTES)
    password = credential(
        click.prompt("Password", hide_input=True, confirmation_prompt=True)
        if sys.stdin.isatty()
        else sys.stdin.readline().removesuffix("\n")
    )
    check_password(password)
    return password


def _show(password: str, *, ask: bool) -> None:
    if not ask:
        click.echo(f"The password is {password} (shown only this once).")


def _account(db: Connection, name: str) -> accounts.Credentials:
    found = accounts.credentials(db, name)
    if found is None:
        raise USER_NOT_FOUND
    return found


def _role(db: Connection, name: str) -> tuple[int, str]:
    known = administration.role_list(db)
    for role in known:
        if role["name"].lower() == name.lower():
            return role["id"], role["name"]
    raise UserError(
        f"There is no role {name!r}", f"choose one of {', '.join(role['name'] for role in known)}."
    )


def _write(work: Callable[[Connection], Result]) -> Result:
    with installation.opened(installation.settings()) as found:
        database = Database(found.database, CONSTRAINTS, connections=1)
        try:
            return database.write(work)
        except SQLAlchemyError as error:
            if refusal := database.refusal(error):
                raise refusal from None
            why = reason(getattr(error, "orig", None) or error)
            raise UserError(f"The database cannot be used ({why})", "run bunko doctor.") from None


@contextmanager
def _rules() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        remedy = _REMEDIES.get(refusal.text, "run bunko doctor")
        raise UserError(refusal.text, f"{remedy}.") from None
    except ValueError as error:
        raise UserError(f"The name or password cannot be stored ({error})", "enter it again.") from None
