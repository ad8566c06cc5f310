"""The room of reports: one a task, apart from it so that polling a task stays cheap."""

from sqlalchemy import Connection

from state import tables
from state.reports import Report
from state.rows.room import Columns, Kind, Rows, Stale


def _columns(report: Report) -> Columns:
    return {"task_id": report.task_id}


# Read by people, seldom, and as long as a book: not worth remembering.
KIND = Kind(tables.reports, Report, ("task_id",), _columns, remembered=0)


class Reports(Rows[Report]):
    """The reports of all tasks."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def get(self, task_id: str) -> Report | None:
        """Return the report of a task."""
        return self._get(task_id)

    def put(self, report: Report) -> None:
        """Keep a report, in place of the one of an earlier attempt."""
        try:
            self.replace(report)
        except Stale:
            self.add(report)
