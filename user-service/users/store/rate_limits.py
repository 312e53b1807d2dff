"""What rate limits count. Shared by every process: the database counts. An attempt may count in several buckets."""

import math
from collections.abc import Mapping

from sqlalchemy import Connection, delete, func, insert, select

from users.rules.limits import Limit, too_many
from users.store.tables import attempts

_SWEPT = 100
"""How many outdated rows go with each new one: the table stays as small as its windows."""


def check(db: Connection, buckets: Mapping[str, Limit]) -> None:
    """Refuse (429, with the seconds to wait) when one of ``buckets`` is full."""
    seconds = max(_seconds(db, bucket, limit) for bucket, limit in buckets.items())
    if seconds:
        raise too_many(seconds)


def _seconds(db: Connection, bucket: str, limit: Limit) -> int:
    """Return how long ``bucket`` stays full, 0 where it is not."""
    counted = (attempts.c.bucket == bucket) & (attempts.c.expires_at > func.clock_timestamp())
    seconds = func.extract("epoch", func.min(attempts.c.expires_at) - func.clock_timestamp())
    made, wait = db.execute(select(func.count(), seconds).where(counted)).one()
    return max(1, math.ceil(wait)) if made >= limit.attempts else 0


def lock_bucket(db: Connection, buckets: Mapping[str, Limit]) -> None:
    """Make everybody else who counts in one of ``buckets`` wait until this transaction ends.

    Locks them in their order: that must be the same wherever two are held.
    """
    for bucket in buckets:
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(bucket, 0))))


def add(db: Connection, buckets: Mapping[str, Limit]) -> None:
    """Count one attempt, and clear away what no longer counts."""
    outdated = (
        select(attempts.c.id)
        .where(attempts.c.expires_at < func.now())
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    db.execute(delete(attempts).where(attempts.c.id.in_(outdated)))
    for bucket, limit in buckets.items():
        db.execute(insert(attempts).values(bucket=bucket, expires_at=func.clock_timestamp() + limit.window))
