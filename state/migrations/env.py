"""What Alembic runs: the revisions, inside the transaction that `migrate` has opened."""

from alembic import context

from state.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
