"""Entry point of Alembic for each history. ``deploy.postgresql.migrations`` passes the connection and the schema."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
schema = context.config.attributes["schema"]

# Before Alembic looks: its version table lives in the schema whose history it tells.
with connection.begin():
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
context.configure(connection=connection, version_table_schema=schema, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
