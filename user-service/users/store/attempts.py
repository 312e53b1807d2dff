"""What rate limits count. Shared by every process: the database counts, one bucket at a time."""

import math

from sqlalchemy import Connection, delete, func, insert, select

from users.rules.limits import Limit, too_many
from users.store.tables import attempts

_SWEPT = 100
"""How many outdated rows go with each new one: the table stays as small as its windows."""


def check(db: Connection, bucket: str, limit: Limit) -> None:
    """Refuse (429, with the seconds to wait) when ``bucket`` is full."""
    counted = (attempts.c.bucket == bucket) & (attempts.c.expires_at > func.clock_timestamp())
    seconds = func.extract("epoch", func.min(attempts.c.expires_at) - func.clock_timestamp())
    made, wait = db.execute(select(func.count(), seconds).where(counted)).one()
    if made >= limit.attempts:
        raise too_many(max(1, math.ceil(wait)))


def hold(db: Connection, bucket: str) -> None:
    """Make everybody else who counts ``bucket`` wait until this transaction ends."""
    db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(bucket, 0))))


def add(db: Connection, bucket: str, limit: Limit) -> None:
    """Count one attempt, and clear away what no longer counts."""
    outdated = (
        select(attempts.c.id)
        .where(attempts.c.expires_at < func.now())
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    db.execute(delete(attempts).where(attempts.c.id.in_(outdated)))
    db.execute(insert(attempts).values(bucket=bucket, expires_at=func.clock_timestamp() + limit.window))
