"""The room of sessions: roles that were assumed, found by their access keys."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete

from state import tables
from state.iam import Session
from state.rows.room import Columns, Kind, Rows


def _columns(session: Session) -> Columns:
    return {
        "access_key_id": session.access_key_id,
        "expires_at": session.expires_at.timestamp(),
    }


KIND = Kind(tables.sessions, Session, ("access_key_id",), _columns)
FORGET = delete(tables.sessions).where(tables.sessions.c.expires_at < bindparam("moment"))


class Sessions(Rows[Session]):
    """The sessions of all roles."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def get(self, access_key_id: str) -> Session | None:
        """Return the session with an access key, though it may have expired."""
        return self._get(access_key_id)

    def forget(self, before: datetime) -> None:
        """Forget the sessions that expired before a moment."""
        self._connection.execute(FORGET, {"moment": before.timestamp()})
