"""Publish what other services read, and say which role may do what."""

from alembic import op

revision = "catalog_0004"
down_revision = "catalog_0003"

VIEWS = """
CREATE VIEW catalog.series_card AS
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
COMMENT ON VIEW catalog.series_card IS 'Published to users. A column that is not selected costs nothing.';
COMMENT ON COLUMN catalog.series_card.titles IS 'Language -> title: the first alias in it.';
COMMENT ON COLUMN catalog.series_card.descriptions IS 'Language -> description.';
COMMENT ON COLUMN catalog.series_card.description IS 'The first description, for readers of other languages.';
COMMENT ON COLUMN catalog.series_card.volume IS 'The first volume with a cover, or null.';

CREATE VIEW catalog.volume_card AS
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
COMMENT ON VIEW catalog.volume_card
    IS 'Published to users: volumes as lists show them. series_order is null in group -1.';

CREATE VIEW catalog.media_usage AS
SELECT media_id, count(*) AS volume_count FROM catalog.volume_media GROUP BY media_id;
COMMENT ON VIEW catalog.media_usage IS 'Published to media. Media that no volume uses have no row.';
"""

GRANTS = """
DO $$
DECLARE
    service text := current_database() || '_catalog';
    media text := current_database() || '_media';
    users text := current_database() || '_users';
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA catalog TO %I, %I, %I', service, media, users);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.files, catalog.clients, catalog.series, '
        'catalog.series_aliases, catalog.series_descriptions, catalog.editions, catalog.volume_groups, '
        'catalog.volumes, catalog.slugs, catalog.links, catalog.volume_media, catalog.locks TO %I', service);
    EXECUTE format('GRANT SELECT ON catalog.series_card, catalog.volume_card TO %I, %I', service, users);
    EXECUTE format('GRANT SELECT ON catalog.media_usage TO %I, %I', service, media);
END $$;
"""


def upgrade() -> None:
    for part in (VIEWS, GRANTS):
        op.execute(part)
