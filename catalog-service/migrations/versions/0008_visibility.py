"""State once what is hidden, and let every view that others read say it of each series and volume.

The functions below are the rule. Series that are not public are hidden; so are volumes that are not public, whose
series is hidden, or that are in no group or in a trashed one. They are plain SQL on purpose: PostgreSQL puts their
bodies into the query that calls them, so that the rule costs no call. A new kind of thing gets a function here and a
column ``hidden`` in its view.

The flags themselves stay as they are. Old code runs on: the views only gain columns.
"""

from alembic import op

revision = "catalog_0008"
down_revision = "catalog_0007"

RULE = """
CREATE FUNCTION catalog.series_hidden(is_public boolean) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN NOT is_public;
COMMENT ON FUNCTION catalog.series_hidden(boolean) IS 'Whether a series is shown only to those with view-series.';

CREATE FUNCTION catalog.volume_hidden(
    series_is_public boolean, is_public boolean, group_id bigint, group_trashed_at timestamptz
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN catalog.series_hidden(series_is_public) OR NOT is_public
    OR group_id IS NULL OR group_trashed_at IS NOT NULL;
COMMENT ON FUNCTION catalog.volume_hidden(boolean, boolean, bigint, timestamptz)
    IS 'Whether a volume is shown only to those with view-volumes.';

REVOKE ALL ON FUNCTION catalog.series_hidden(boolean),
    catalog.volume_hidden(boolean, boolean, bigint, timestamptz) FROM PUBLIC;
DO $$
BEGIN
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION catalog.series_hidden(boolean), '
        'catalog.volume_hidden(boolean, boolean, bigint, timestamptz) TO %I, %I',
        current_database() || '_catalog', current_database() || '_users'
    );
END $$;
"""

VIEWS = """
CREATE OR REPLACE VIEW catalog.series_card AS
SELECT series.id, series.client_id, series.name, series.sort_name, series.type, series.slug, series.public,
    series.origin, series.tags, series.search,
    (
        SELECT coalesce(jsonb_agg(alias.name ORDER BY alias.id), '[]')
        FROM catalog.series_aliases AS alias WHERE alias.series_id = series.id
    ) AS aliases,
    (
        SELECT coalesce(jsonb_object_agg(title.language, title.name), '{}') FROM (
            SELECT DISTINCT ON (alias.language) alias.language, alias.name
                FROM catalog.series_aliases AS alias
            WHERE alias.series_id = series.id AND alias.language IS NOT NULL ORDER BY alias.language, alias.id
        ) AS title
    ) AS titles,
    (
        SELECT coalesce(jsonb_object_agg(described.language, described.text), '{}')
        FROM catalog.series_descriptions AS described WHERE described.series_id = series.id
    ) AS descriptions,
    (
        SELECT described.text FROM catalog.series_descriptions AS described
        WHERE described.series_id = series.id ORDER BY described.id LIMIT 1
    ) AS description,
    (
        SELECT jsonb_build_object(
            'id', volumes.id, 'cover_path', volumes.front_key || '/high.webp', 'nsfw', volumes.nsfw::int,
            'nsfw18', volumes.nsfw18::int, 'aspect_ratio', volumes.aspect_ratio,
            'placeholder', volumes.front_placeholder, 'color', volumes.front_color
        )
        FROM catalog.volume_groups AS groups JOIN catalog.volumes ON volumes.group_id = groups.id
        WHERE groups.series_id = series.id AND volumes.front_key IS NOT NULL
            AND NOT catalog.volume_hidden(series.public, volumes.public, volumes.group_id, groups.trashed_at)
        ORDER BY groups.series_order, volumes.group_order LIMIT 1
    ) AS volume,
    catalog.series_hidden(series.public) AS hidden
FROM catalog.series;
COMMENT ON COLUMN catalog.series_card.volume IS 'The first volume with a cover that is not hidden, or null.';
COMMENT ON COLUMN catalog.series_card.hidden IS 'Whether only those with view-series may see it.';

CREATE OR REPLACE VIEW catalog.volume_card AS
SELECT volumes.id, volumes.series_id, series.client_id, volumes.name, volumes.sort_name, volumes.search,
    groups.series_order, volumes.group_order, volumes.public,
    json_build_object(
        'id', volumes.id, 'name', volumes.name, 'slug', volumes.slug,
        'group_id', coalesce(volumes.group_id, -1),
        'group_order', volumes.group_order, 'series_id', volumes.series_id, 'language', volumes.language,
        'release_date', volumes.release_date, 'description', volumes.description,
        'copyright', volumes.copyright,
        'edition_id', volumes.edition_id,
        'edition_name', (SELECT editions.name FROM catalog.editions WHERE editions.id = volumes.edition_id),
        'isbn10', volumes.isbn10, 'isbn13', volumes.isbn13, 'type', volumes.type,
        'measures', volumes.measures,
        'pages', volumes.pages, 'rating', volumes.rating, 'extras', volumes.extras,
        'special', volumes.special::int, 'special_name', volumes.special_name,
        'nsfw', volumes.nsfw::int, 'nsfw18', volumes.nsfw18::int, 'three_d', volumes.three_d::int,
        'public', volumes.public::int, 'cover_path', volumes.front_key || '/high.webp',
        'back_cover_path', volumes.back_key || '/high.webp',
        'spine_cover_path', volumes.spine_key || '/high.webp',
        'aspect_ratio', volumes.aspect_ratio,
        'placeholder', volumes.front_placeholder, 'color', volumes.front_color,
        'back_placeholder', volumes.back_placeholder, 'back_color', volumes.back_color,
        'spine_placeholder', volumes.spine_placeholder, 'spine_color', volumes.spine_color,
        'last_update', volumes.last_update
    ) AS document,
    catalog.volume_hidden(series.public, volumes.public, volumes.group_id, groups.trashed_at) AS hidden
FROM catalog.volumes
JOIN catalog.series ON series.id = volumes.series_id
LEFT JOIN catalog.volume_groups AS groups ON groups.id = volumes.group_id;
COMMENT ON COLUMN catalog.volume_card.hidden IS 'Whether only those with view-volumes may see it.';
"""


def upgrade() -> None:
    """Create the rule, then the views that apply it."""
    for part in (RULE, VIEWS):
        op.execute(part)
