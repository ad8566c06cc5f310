"""The service role of a task, asked at the moment when its rights are needed."""

from datetime import UTC, datetime

from converters.errors import object_forbidden, role_unfit
from state import service_roles
from state.jobs import Attempt

READING = ("s3:", "kms:")  # the actions of those who read an object


def ask(attempt: Attempt, rights: service_roles.Rights) -> None:
    """See that the task's role has some rights, if the task needs a role; ClientError."""
    try:
        with attempt.store.read() as tx:
            service_roles.check(tx, attempt.task, rights, datetime.now(UTC))
    except service_roles.Unfit as unfit:
        if rights is service_roles.to_read and (unfit.action or "").startswith(READING):
            raise object_forbidden() from unfit
        raise role_unfit(unfit.role_name) from unfit
