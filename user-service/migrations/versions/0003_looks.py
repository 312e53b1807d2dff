"""Keep what each profile image looks like, and what has been made of stored pictures since."""

from alembic import op

revision = "users_0003"
down_revision = "users_0002"

COLUMNS = """
ALTER TABLE users.users
    ADD profile_placeholder text COLLATE "C", ADD profile_color text COLLATE "C";
COMMENT ON COLUMN users.users.profile_placeholder
    IS 'ThumbHash of the picture in base64; null where it was stored before that was measured, or is not ours.';
COMMENT ON COLUMN users.users.profile_color IS 'The colour the picture is mostly of, #rrggbb.';

ALTER TABLE users.files ADD work_tries smallint NOT NULL DEFAULT 0, ADD work_since timestamptz;
COMMENT ON COLUMN users.files.work_tries IS 'How often a file node took it on to make more of the picture.';
COMMENT ON COLUMN users.files.work_since IS 'When one last did.';
"""


def upgrade() -> None:
    op.execute(COLUMNS)
