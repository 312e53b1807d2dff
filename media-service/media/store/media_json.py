"""JSON of media library entries, built by PostgreSQL."""

from sqlalchemy import ColumnElement, Text, cast, func, select

from media.store.tables import media, media_usage


def media_json(distance: ColumnElement[int] | None = None) -> ColumnElement[str]:
    """Return the JSON text of an entry, for a query over ``media``. Includes ``distance`` if given."""
    usage = select(media_usage.c.volume_count).where(media_usage.c.media_id == media.c.id).scalar_subquery()
    document = func.json_build_object(
        "id", media.c.id,
        "name", media.c.name,
        "path", media.c.key + "/high.webp",
        "timestamp", media.c.added,
        "tags", media.c.tags,
        "volume_count", func.coalesce(usage, 0),
        "placeholder", media.c.placeholder,
        "color", media.c.color,
        *(() if distance is None else ("distance", distance)),
    )  # fmt: skip
    return cast(document, Text)
