"""The ledger of stored files. Each service that owns pictures has one; every stored object has a row in it.

A key is ``pending`` before the first byte is written, ``live`` while a row refers to it, and ``doomed`` from then until
its bytes are deleted. A trigger on the owning table sets the key to ``doomed`` when the reference disappears. This
module does not access storage. Garbage is found by its rows, never by listing storage.
"""

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, func, select, text, update

from shared.errors import UNAVAILABLE

PENDING_MINUTES = 15
"""Maximum age of a ``pending`` key, by the database's clock; older ones become ``doomed``."""

LEASE_MINUTES = 10
"""Lease on the encoding of one picture, in minutes."""
MAX_LEASES = 3
"""Maximum leases for one picture. It ends the attempts for a picture that crashes the node or cannot be encoded."""

SWEEP_LOCK = "hashtext('bunko sweeping')"
"""Key of the advisory lock that ``claim_doomed`` takes shared and a backup takes exclusively."""


class Ledger:
    """Operations on one service's ``files`` table.

    Its columns are ``key``, ``state``, ``since``, and for ``claim_work`` also ``work_tries`` and ``work_since``.
    """

    def __init__(self, files: Table) -> None:
        self._files = files

    def reserve(self, db: Connection) -> str:
        """Insert a ``pending`` row and return its new key."""
        key = secrets.token_hex(16)
        db.execute(self._files.insert().values(key=key, state="pending"))
        return key

    def attach(self, db: Connection, key: str) -> None:
        """Set a ``pending`` key to ``live``, in the transaction that stores the reference.

        Raises 503 if the key is no longer pending: the sweeper may have deleted its bytes.
        """
        files = self._files
        pending = (files.c.key == key) & (files.c.state == "pending")
        updated = db.execute(update(files).where(pending).values(state="live", since=func.now()))
        if updated.rowcount == 0:
            raise UNAVAILABLE

    def claim_work(self, db: Connection, key: str) -> bool:
        """Lease the encoding of the stored picture ``key`` to the caller; return whether the lease was granted.

        It is refused while another lease is younger than ``LEASE_MINUTES``, after ``MAX_LEASES`` leases, after
        ``finish_work``, and for a key that is not live.
        """
        files = self._files
        too_old = func.now() - text(f"interval '{LEASE_MINUTES} minutes'")
        lease_free = files.c.work_since.is_(None) | (files.c.work_since < too_old)
        free = (
            (files.c.key == key) & (files.c.state == "live") & (files.c.work_tries < MAX_LEASES) & lease_free
        )
        lease = update(files).where(free).values(work_tries=files.c.work_tries + 1, work_since=func.now())
        return db.execute(lease).rowcount == 1

    def finish_work(self, db: Connection, key: str) -> bool:
        """Mark the encoding of ``key`` as finished; return whether it is live.

        If it is not, the caller deletes the bytes it has written.
        """
        files = self._files
        live = (files.c.key == key) & (files.c.state == "live")
        return db.execute(update(files).where(live).values(work_tries=MAX_LEASES)).rowcount == 1

    def claim_doomed(self, db: Connection, limit: int) -> tuple[list[str], float]:
        """Return up to ``limit`` doomed keys, oldest first, and the seconds since the oldest was doomed.

        Keys that were pending for more than ``PENDING_MINUTES`` are set to doomed first. During a backup the result is
        empty: files that its snapshot refers to must exist until they are copied.
        """
        if not db.execute(text(f"SELECT pg_try_advisory_xact_lock_shared({SWEEP_LOCK})")).scalar_one():
            return [], 0.0
        files = self._files
        too_old = func.now() - text(f"interval '{PENDING_MINUTES} minutes'")
        abandoned = (files.c.state == "pending") & (files.c.since < too_old)
        db.execute(update(files).where(abandoned).values(state="doomed", since=func.now()))
        age = func.extract("epoch", func.now() - files.c.since)
        doomed = (
            select(files.c.key, age).where(files.c.state == "doomed").order_by(files.c.since).limit(limit)
        )
        rows = db.execute(doomed).all()
        return [row[0] for row in rows], float(rows[0][1]) if rows else 0.0

    def delete_rows(self, db: Connection, keys: Sequence[str]) -> None:
        """Delete the rows of those ``keys`` that are doomed. Their bytes must be deleted already."""
        files = self._files
        doomed = select(files.c.key).where(files.c.key.in_(keys), files.c.state == "doomed")
        # Locked in one order: two sweepers may delete the same keys at the same time.
        locked = doomed.order_by(files.c.key).with_for_update()
        db.execute(delete(files).where(files.c.key.in_(locked)))
