"""Counters of rate limits, kept in the database so that all processes share them.

An attempt may count in several buckets.
"""

import math
from collections.abc import Mapping

from sqlalchemy import Connection, delete, func, insert, select

from users.rules.limits import Limit, too_many
from users.store.tables import attempts

_SWEPT = 100
"""Maximum number of outdated rows deleted with each new one; keeps the table at the size of its windows."""


def check(db: Connection, buckets: Mapping[str, Limit]) -> None:
    """Refuse (429 with ``Retry-After``) if one of ``buckets`` is full."""
    seconds = max(_seconds(db, bucket, limit) for bucket, limit in buckets.items())
    if seconds:
        raise too_many(seconds)


def _seconds(db: Connection, bucket: str, limit: Limit) -> int:
    """Return the seconds until ``bucket`` has room again, 0 if it has room now."""
    counted = (attempts.c.bucket == bucket) & (attempts.c.expires_at > func.clock_timestamp())
    seconds = func.extract("epoch", func.min(attempts.c.expires_at) - func.clock_timestamp())
    made, wait = db.execute(select(func.count(), seconds).where(counted)).one()
    return max(1, math.ceil(wait)) if made >= limit.attempts else 0


def lock_bucket(db: Connection, buckets: Mapping[str, Limit]) -> None:
    """Lock ``buckets`` until this transaction ends, in the order given.

    Every caller must use the same order of buckets; otherwise transactions deadlock.
    """
    for bucket in buckets:
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(bucket, 0))))


def add(db: Connection, buckets: Mapping[str, Limit]) -> None:
    """Count one attempt in each of ``buckets``, and delete attempts that no longer count."""
    outdated = (
        select(attempts.c.id)
        .where(attempts.c.expires_at < func.now())
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    db.execute(delete(attempts).where(attempts.c.id.in_(outdated)))
    for bucket, limit in buckets.items():
        db.execute(insert(attempts).values(bucket=bucket, expires_at=func.clock_timestamp() + limit.window))
