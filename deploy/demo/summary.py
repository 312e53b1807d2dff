"""The summary printed at the end of ``make demo``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.demo.gateway import Gateway
from deploy.demo.readers import CLIENT


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the demo; without a password if the demo did not create it."""

    username: str
    password: str | None


def summary(
    gateway: Gateway, added: Mapping[str, int], accounts: Sequence[Account], *, seconds: float, pictures: bool
) -> str:
    """Return the text: entries of the demo, number of them added by this run, and how to view them."""
    kinds = ("series", "groups", "volumes", "covers", "media", "readings", "ratings", "collected")
    new = ", ".join(f"{added.get(kind, 0)} {kind}" for kind in kinds if added.get(kind))
    series, groups = (
        _total(gateway, "/admin-series", client=CLIENT),
        _total(gateway, "/admin-volumes", client=CLIENT),
    )
    lines = [
        "",
        f"Added {new or 'nothing, as everything was there'}, in {seconds:.0f} s.",
        f"  Catalogue  {series} series, {groups} volume groups: {gateway.address}/admin-volumes?client=1&limit=50",
        f"  Library    {_total(gateway, '/media')} pictures",
    ]
    lines += [_line(account) for account in accounts]
    if not pictures:
        lines.append(
            "There is no file node, so there are no pictures: set FILE_NODES=1, then run `make demo` again."
        )
    lines.append("ISBNs, prices and page counts are made up; titles, publishers and volumes are real.")
    return "\n".join(lines)


def _line(account: Account) -> str:
    if account.password:
        return f"  Account    {account.username} with the password {account.password}"
    return (
        f"  Account    {account.username} has a password that is not known here: delete the account,"
        " and the next `make demo` makes it anew"
    )


def _total(gateway: Gateway, path: str, **query: object) -> int:
    total: int = gateway.get(path, limit=1, **query)["total"]
    return total
