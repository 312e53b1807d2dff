"""The same catalogue in tables as other backends use them: schema ``plain``.

Series, editions, groups and volumes with the primary keys and foreign keys of the real ones, an index on each foreign
key, and nothing else. ``sort_name`` is filled in, so that all answer in the same order; the derived data that makes
Bunko fast (keys over two tables, counters, grams, stored documents) is under comparison and is left out.
"""

from psycopg2 import extensions

SCHEMA = "plain"

_STATEMENTS = """
DROP SCHEMA IF EXISTS plain CASCADE;
CREATE SCHEMA plain;
CREATE TABLE plain.series AS SELECT id, name, sort_name, type FROM catalog.series ORDER BY id;
ALTER TABLE plain.series ADD PRIMARY KEY (id);
CREATE TABLE plain.series_aliases AS SELECT id, series_id, name FROM catalog.series_aliases ORDER BY id;
ALTER TABLE plain.series_aliases ADD PRIMARY KEY (id),
    ADD FOREIGN KEY (series_id) REFERENCES plain.series (id);
CREATE INDEX ON plain.series_aliases (series_id);
CREATE TABLE plain.editions AS SELECT id, series_id, name FROM catalog.editions ORDER BY id;
ALTER TABLE plain.editions ADD PRIMARY KEY (id), ADD FOREIGN KEY (series_id) REFERENCES plain.series (id);
CREATE INDEX ON plain.editions (series_id);
CREATE TABLE plain.volume_groups AS
    SELECT id, series_id, name, series_order FROM catalog.volume_groups ORDER BY id;
ALTER TABLE plain.volume_groups ADD PRIMARY KEY (id), ADD FOREIGN KEY (series_id) REFERENCES plain.series (id);
CREATE INDEX ON plain.volume_groups (series_id);
CREATE TABLE plain.volumes AS
    SELECT id, group_id, group_order, name, slug, language, edition_id, special, special_name, nsfw, nsfw18
    FROM catalog.volumes ORDER BY id;
ALTER TABLE plain.volumes ADD PRIMARY KEY (id), ADD FOREIGN KEY (group_id) REFERENCES plain.volume_groups (id),
    ADD FOREIGN KEY (edition_id) REFERENCES plain.editions (id);
CREATE INDEX ON plain.volumes (group_id);
CREATE INDEX ON plain.volumes (edition_id);
"""


def copy_plainly(db: extensions.cursor) -> None:
    """Recreate the schema."""
    db.execute(_STATEMENTS)
