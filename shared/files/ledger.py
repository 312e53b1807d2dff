"""The ledger of stored files: each service keeps one, so that every byte on storage has a row.

A key is ``pending`` from before the first byte is written, ``live`` while a row refers to it, and
``doomed`` from then until its bytes are deleted. A trigger beside the table dooms the key of every
reference that disappears. Nothing here looks at storage; nothing on storage is found by listing.
"""

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, func, select, text, update

from shared.errors import UNAVAILABLE

PENDING_MINUTES = 15
"""How long an upload may take before its bytes are given up, by the database's clock."""

LEASE_MINUTES = 10
"""How long nobody else makes more of a picture after somebody has begun to."""
MAX_LEASES = 3
"""How often that is begun; a node that dies over it, or a picture that cannot be done, is not tried for ever."""

SWEEP_ERRORS = "hashtext('bunko sweeping')"
"""The advisory lock that who hands out doomed keys shares, and that a backup holds alone."""


class Ledger:
    """The mechanism over one service's ``files`` table.

    Its columns: ``key``, ``state``, ``since``, and ``work_tries`` and ``work_since`` for ``take_on``.
    """

    def __init__(self, files: Table) -> None:
        self._files = files

    def reserve(self, db: Connection) -> str:
        """Return a fresh key, written down as pending."""
        key = secrets.token_hex(16)
        db.execute(self._files.insert().values(key=key, state="pending"))
        return key

    def attach(self, db: Connection, key: str) -> None:
        """Make a pending key live, in the transaction that refers to it.

        Raises 503 when it is pending no longer: the sweeper was quicker, its bytes may be gone.
        """
        files = self._files
        pending = (files.c.key == key) & (files.c.state == "pending")
        made = db.execute(update(files).where(pending).values(state="live", since=func.now()))
        if made.rowcount == 0:
            raise UNAVAILABLE

    def claim_work(self, db: Connection, key: str) -> bool:
        """Let the caller, and nobody else, make more of the stored picture ``key``; whether it may.

        Who has taken it on and says nothing has ``LEASE_MINUTES``; after ``MAX_LEASES`` it is left as it is.
        """
        files = self._files
        too_old = func.now() - text(f"interval '{LEASE_MINUTES} minutes'")
        left_alone = files.c.work_since.is_(None) | (files.c.work_since < too_old)
        free = (
            (files.c.key == key) & (files.c.state == "live") & (files.c.work_tries < MAX_LEASES) & left_alone
        )
        taken = update(files).where(free).values(work_tries=files.c.work_tries + 1, work_since=func.now())
        return db.execute(taken).rowcount == 1

    def finish_work(self, db: Connection, key: str) -> bool:
        """Note that no more is to be made of ``key``; whether it is live, and so its bytes are to stay."""
        files = self._files
        live = (files.c.key == key) & (files.c.state == "live")
        return db.execute(update(files).where(live).values(work_tries=MAX_LEASES)).rowcount == 1

    def claim_doomed(self, db: Connection, limit: int) -> tuple[list[str], float]:
        """Return up to ``limit`` doomed keys, and for how many seconds the oldest has been doomed.

        What has been pending too long is doomed first. While a backup is taken there are none: what its snapshot names
        must stay until it is copied.
        """
        if not db.execute(text(f"SELECT pg_try_advisory_xact_lock_shared({SWEEP_ERRORS})")).scalar_one():
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
        """Remove the rows of doomed ``keys`` whose bytes are deleted."""
        files = self._files
        doomed = select(files.c.key).where(files.c.key.in_(keys), files.c.state == "doomed")
        # In one order, as two sweepers may be at the same keys.
        locked = doomed.order_by(files.c.key).with_for_update()
        db.execute(delete(files).where(files.c.key.in_(locked)))
