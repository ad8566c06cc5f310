"""Whether statements may stand in a document of its use, in the order in which IAM looks."""

import re
from collections.abc import Sequence

from state.policy import dates, elements
from state.policy.reasons import Fault, Malformed, Use, malformed
from state.policy.statements import Statement

SID = re.compile(r"[0-9A-Za-z]*")


def check(statements: Sequence[Statement], use: Use, arn: str | None = None) -> None:
    """Refuse statements with Malformed; arn is that of the bucket they are for, if known."""
    _check_dates(statements, use)
    if use.of_identity:
        _check_of_identity(statements, use)
    else:
        _check_of_resource(statements, use, arn)


def _check_dates(statements: Sequence[Statement], use: Use) -> None:
    for statement in statements:
        for condition in statement.conditions:
            if condition.operator.startswith("Date"):
                for value in condition.values:
                    if dates.seconds(value) is None:
                        raise malformed(use, Fault.LEGACY)


def _check_sids(statements: Sequence[Statement], use: Use) -> None:
    sids = [statement.sid for statement in statements if statement.sid]
    if use.of_identity and not all(SID.fullmatch(sid) for sid in sids):
        raise malformed(use, Fault.SID)
    if len(set(sids)) < len(sids):
        raise malformed(use, Fault.SAME_SID)


def _check_of_identity(statements: Sequence[Statement], use: Use) -> None:
    wrong: Malformed | None = None  # told only when nothing that IAM sees earlier is wrong
    legacy = malformed(use, Fault.LEGACY).reason
    for statement in statements:
        for resource in statement.resources or statement.not_resources or ():
            wrong = wrong or elements.wrong_resource(resource, use)
            if wrong is not None and wrong.reason == legacy:
                raise wrong
    _check_sids(statements, use)
    for statement in statements:
        if not (statement.actions or statement.not_actions):
            raise malformed(use, Fault.NO_ACTION)
    if wrong is not None:
        raise wrong
    for statement in statements:
        elements.check_actions(statement, use)
    for statement in statements:
        if statement.principals or statement.not_principals:
            raise malformed(use, Fault.PROHIBITED_PRINCIPAL)
        if not (statement.resources or statement.not_resources):
            raise malformed(use, Fault.NO_RESOURCE)


def _check_of_resource(statements: Sequence[Statement], use: Use, arn: str | None) -> None:
    _check_sids(statements, use)
    for statement in statements:
        if use is Use.TRUST and (statement.resources or statement.not_resources) is not None:
            raise malformed(use, Fault.PROHIBITED_RESOURCE)
        if not (statement.principals or statement.not_principals):
            raise malformed(use, Fault.NO_PRINCIPAL)
        elements.check_principals(statement.principals, use)
        elements.check_principals(statement.not_principals, use)
        if not (statement.actions or statement.not_actions):
            raise malformed(use, Fault.NO_ACTION)
        elements.check_actions(statement, use)
        resources = statement.resources or statement.not_resources or ()
        if use is not Use.TRUST and not resources:
            raise malformed(use, Fault.NO_RESOURCE)
        if use is Use.BUCKET:
            elements.check_bucket_resources(resources, arn)
