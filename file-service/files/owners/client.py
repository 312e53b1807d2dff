"""The services that own what pictures hang on: they know who may, what exists, and every key there is.

Every request of a client goes on under the client's own identity, and the owner checks it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from files.owners.lookup_cache import PictureOwner
from files.rules.object_names import is_key
from shared.identity.tokens import Identity
from shared.rpc.client import ANONYMOUS_CALLER, ServiceClients

_KEYS_AT_ONCE = 100
_NAMING = ("id", "type")
"""What of a target says which one it is, in the order of the owners' paths."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose pictures: a service, and its internal page about them."""

    service: str
    page: str

    def reserve(self, clients: ServiceClients, identity: Identity, target: Mapping[str, Any]) -> str:
        """Return a fresh key for a picture of ``target``, written down before its first byte is stored."""
        answer = clients.call(self.service, "POST", f"{self.page}/reserve", identity=identity, body=target)
        return known_key(answer["key"])

    def attach(
        self,
        clients: ServiceClients,
        identity: Identity,
        target: Mapping[str, Any],
        key: str,
        facts: Mapping[str, Any],
    ) -> Any:
        """Let ``target`` refer to the stored picture ``key`` from now on; returns what the owner says."""
        body = {**target, **facts, "key": key}
        return clients.call(self.service, "POST", f"{self.page}/attach", identity=identity, body=body)

    def remove(self, clients: ServiceClients, identity: Identity, target: Mapping[str, Any]) -> None:
        """Let ``target`` refer to no picture any more."""
        clients.call(self.service, "POST", f"{self.page}/remove", identity=identity, body=target)

    def picture_owner(self, target: Mapping[str, Any]) -> PictureOwner:
        """Return where the picture of ``target`` hangs; whoever changes it, by whichever page."""
        return PictureOwner(self.service, tuple(str(target.get(name, "")) for name in _NAMING))

    def find(
        self, clients: ServiceClients, identity: Identity, target: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the owner's document about the picture of ``target``; its ``key`` may be null."""
        path = "/".join([self.page, *(str(target[name]) for name in _NAMING if name in target)])
        found: Mapping[str, Any] = clients.call(self.service, "GET", path, identity=identity)
        if found["key"] is not None:
            known_key(found["key"])
        return found


COVERS = Owner("catalog", "/internal/files/covers")
MEDIA = Owner("media", "/internal/files/media")
AVATARS = Owner("users", "/internal/files/avatars")
ADMIN_AVATARS = Owner("users", "/internal/files/admin-avatars")

LEDGERS = ("catalog", "media", "users")
"""The services that keep a ledger of stored pictures."""


def doomed_keys(clients: ServiceClients, service: str) -> tuple[list[str], float]:
    """Return keys of ``service`` whose bytes are to be deleted, the oldest, some at a time; and the oldest's age.

    That is in seconds, by the owner's clock; 0 where there are no keys, and where an owner does not say it yet.
    """
    body = {"limit": _KEYS_AT_ONCE}
    answer = clients.call(service, "POST", "/internal/files/doomed", identity=ANONYMOUS_CALLER, body=body)
    return [known_key(key) for key in answer["keys"]], float(answer.get("oldest_seconds", 0))


def delete_rows(clients: ServiceClients, service: str, keys: list[str]) -> None:
    """Tell ``service`` that the bytes of ``keys`` are deleted."""
    clients.call(service, "POST", "/internal/files/forget", identity=ANONYMOUS_CALLER, body={"keys": keys})


def claim_work(clients: ServiceClients, service: str, key: str) -> bool:
    """Whether this node, and no other, is to make more of the picture ``key`` of ``service``."""
    answer = clients.call(
        service, "POST", "/internal/files/take-on", identity=ANONYMOUS_CALLER, body={"key": key}
    )
    return bool(answer["taken"])


def finish_work(clients: ServiceClients, service: str, key: str) -> bool:
    """Tell ``service`` that there is no more to make of ``key``; whether it is still in use."""
    answer = clients.call(
        service, "POST", "/internal/files/finish", identity=ANONYMOUS_CALLER, body={"key": key}
    )
    return bool(answer["live"])


def known_key(key: Any) -> str:
    """Return ``key``; raises ``ValueError`` for what no owner should ever send: it becomes part of a path."""
    if not isinstance(key, str) or not is_key(key):
        raise ValueError(f"not a key: {key!r}")
    return key
