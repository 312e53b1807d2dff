"""Client of the services that own pictures: catalog (covers), media and users (avatars).

The owner checks permissions and existence, and keeps a ledger of all picture keys. Calls carry the identity
of the HTTP caller, which the owner checks again.
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
"""Fields of a target that identify it, in the order of the owners' URL paths."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A kind of pictures: the owning service and the prefix of its internal routes.

    A ``target`` is the request body that identifies what the picture belongs to, such as ``{"id": 1}``.
    """

    service: str
    page: str

    def reserve(self, clients: ServiceClients, identity: Identity, target: Mapping[str, Any]) -> str:
        """Reserve and return a new key for a picture of ``target``. Call it before any byte is stored."""
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
        """Set the stored picture ``key`` as the picture of ``target``. Return the owner's answer."""
        body = {**target, **facts, "key": key}
        return clients.call(self.service, "POST", f"{self.page}/attach", identity=identity, body=body)

    def remove(self, clients: ServiceClients, identity: Identity, target: Mapping[str, Any]) -> None:
        """Remove the picture of ``target``."""
        clients.call(self.service, "POST", f"{self.page}/remove", identity=identity, body=target)

    def picture_owner(self, target: Mapping[str, Any]) -> PictureOwner:
        """Return the cache key of the picture of ``target``; it is the same for all routes that change it."""
        return PictureOwner(self.service, tuple(str(target.get(name, "")) for name in _NAMING))

    def find(
        self, clients: ServiceClients, identity: Identity, target: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the owner's document about the picture of ``target``. Its ``key`` may be null."""
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
    """Return the oldest doomed keys of ``service``, a limited number, and the age of the oldest one.

    The age is in seconds by the owner's clock. It is 0 without keys, and for an owner that does not report
    it.
    """
    body = {"limit": _KEYS_AT_ONCE}
    answer = clients.call(service, "POST", "/internal/files/doomed", identity=ANONYMOUS_CALLER, body=body)
    return [known_key(key) for key in answer["keys"]], float(answer.get("oldest_seconds", 0))


def delete_rows(clients: ServiceClients, service: str, keys: list[str]) -> None:
    """Delete the ledger rows of ``keys`` in ``service``, after their bytes were deleted."""
    clients.call(service, "POST", "/internal/files/forget", identity=ANONYMOUS_CALLER, body={"keys": keys})


def claim_work(clients: ServiceClients, service: str, key: str) -> bool:
    """Claim the encoding of picture ``key`` of ``service``. Return whether this node obtained the claim."""
    answer = clients.call(
        service, "POST", "/internal/files/take-on", identity=ANONYMOUS_CALLER, body={"key": key}
    )
    return bool(answer["taken"])


def finish_work(clients: ServiceClients, service: str, key: str) -> bool:
    """Report the encoding of ``key`` as finished. Return whether the key is still in use."""
    answer = clients.call(
        service, "POST", "/internal/files/finish", identity=ANONYMOUS_CALLER, body={"key": key}
    )
    return bool(answer["live"])


def known_key(key: Any) -> str:
    """Return ``key``. Raises ``ValueError`` unless it is a valid key, because it becomes part of a path."""
    if not isinstance(key, str) or not is_key(key):
        raise ValueError(f"not a key: {key!r}")
    return key
