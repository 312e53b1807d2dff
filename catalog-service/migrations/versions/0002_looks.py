"""Keep what each cover looks like, and what has been made of stored pictures since."""

from alembic import op

revision = "catalog_0002"
down_revision = "catalog_0001"

COLUMNS = """
ALTER TABLE catalog.volumes
    ADD front_placeholder text COLLATE "C", ADD front_color text COLLATE "C",
    ADD back_placeholder text COLLATE "C", ADD back_color text COLLATE "C",
    ADD spine_placeholder text COLLATE "C", ADD spine_color text COLLATE "C";
COMMENT ON COLUMN catalog.volumes.front_placeholder
    IS 'ThumbHash of the cover in base64; null where it was stored before that was measured. So the other sides.';
COMMENT ON COLUMN catalog.volumes.front_color IS 'The colour the cover is mostly of, #rrggbb. So the other sides.';

ALTER TABLE catalog.files ADD work_tries smallint NOT NULL DEFAULT 0, ADD work_since timestamptz;
COMMENT ON COLUMN catalog.files.work_tries IS 'How often a file node took it on to make more of the picture.';
COMMENT ON COLUMN catalog.files.work_since IS 'When one last did.';
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
        WHERE groups.series_id = series.id AND groups.trashed_at IS NULL AND volumes.front_key IS NOT NULL
        ORDER BY groups.series_order, volumes.group_order LIMIT 1
    ) AS volume
FROM catalog.series;

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
    ) AS document
FROM catalog.volumes
JOIN catalog.series ON series.id = volumes.series_id
LEFT JOIN catalog.volume_groups AS groups ON groups.id = volumes.group_id;
"""


def upgrade() -> None:
    for part in (COLUMNS, VIEWS):
        op.execute(part)
