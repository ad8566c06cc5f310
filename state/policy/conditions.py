"""Conditions: operators that compare the values of a request's context with those of a statement.

| operators                                          | compare                                   |
|----------------------------------------------------|-------------------------------------------|
| StringEquals, StringEqualsIgnoreCase, StringLike   | texts; Like with wildcards                |
| NumericEquals, LessThan, GreaterThan, …Equals      | decimal numbers                           |
| DateEquals, LessThan, GreaterThan, …Equals         | ISO 8601, or seconds since 1970           |
| Bool, Null, BinaryEquals                           | true and false; is it there; base64       |
| IpAddress                                          | addresses and CIDR blocks of IPv4 or IPv6 |
| ArnEquals, ArnLike (the same)                      | ARNs with wildcards, by component         |

With `Not` an operator is true where the other is not. All conditions of a statement must be true;
one is if any of its values is what is asked for, a negated one if none is. A key that the request
does not have makes an operator false, a negated one true, and one with IfExists true.
ForAllValues asks it of each value of the request (and is true of none), ForAnyValue of any one.

Assumed: what is no number, date or address is equal to none; a key with several values and no
quantifier is asked as by ForAnyValue; a variable without a value is equal to nothing.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from state.policy import arns, dates, variables
from state.policy.statements import Condition
from state.policy.variables import Context
from state.policy.wildcards import pattern

Compare = Callable[[str, str, Context | None], bool]  # the statement's value, the request's
NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")


class Operator(NamedTuple):
    """How an operator compares."""

    compare: Compare
    negated: bool = False


def hold(conditions: Iterable[Condition], context: Context, variables_of: Context | None) -> bool:
    """Say whether all conditions are true; variables_of is what variables stand for, if any do."""
    return all(_holds(condition, context, variables_of) for condition in conditions)


def _holds(condition: Condition, context: Context, variables_of: Context | None) -> bool:
    values = context.get(condition.key, ())
    if condition.operator == "Null":
        return any((value.lower() == "true") is not bool(values) for value in condition.values)
    if not values and condition.if_exists:
        return True
    compare, negated = OPERATORS[condition.operator]

    def true_of(value: str) -> bool:
        found = any(compare(wanted, value, variables_of) for wanted in condition.values)
        return found is not negated

    if condition.quantifier is not None and not any(values):
        values = ()  # an empty text is as good as none
    if condition.quantifier == "ForAllValues" or (condition.quantifier is None and negated):
        return all(true_of(value) for value in values)
    return any(true_of(value) for value in values)


def _equal(wanted: str, value: str, context: Context | None) -> bool:
    return variables.plain(wanted, context) == value


def _equal_but_for_case(wanted: str, value: str, context: Context | None) -> bool:
    text = variables.plain(wanted, context)
    return text is not None and text.casefold() == value.casefold()


def _like(wanted: str, value: str, context: Context | None) -> bool:
    parts = variables.parts(wanted, context)
    return parts is not None and pattern(*parts).matches(value)


def _arn_like(wanted: str, value: str, context: Context | None) -> bool:
    parts = variables.parts(wanted, context)
    return parts is not None and arns.matches(parts, value)


def _bytes_equal(wanted: str, value: str, context: Context | None) -> bool:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False


def _in_block(wanted: str, value: str, context: Context | None) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _number(text: str) -> Decimal | None:
    return Decimal(text) if NUMBER.fullmatch(text) else None


def _number_is(compare: Callable[[Decimal, Decimal], bool]) -> Compare:
    def compared(wanted: str, value: str, context: Context | None) -> bool:
        left, right = _number(value), _number(wanted)
        return left is not None and right is not None and compare(left, right)

    return compared


def _date_is(compare: Callable[[Decimal, Decimal], bool]) -> Compare:
    def compared(wanted: str, value: str, context: Context | None) -> bool:
        left, right = dates.seconds(value), dates.seconds(wanted)
        return left is not None and right is not None and compare(left, right)

    return compared


ORDERS: Final[dict[str, Callable[[Decimal, Decimal], bool]]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}

OPERATORS: Final[dict[str, Operator]] = {
    "StringEquals": Operator(_equal),
    "StringNotEquals": Operator(_equal, negated=True),
    "StringEqualsIgnoreCase": Operator(_equal_but_for_case),
    "StringNotEqualsIgnoreCase": Operator(_equal_but_for_case, negated=True),
    "StringLike": Operator(_like),
    "StringNotLike": Operator(_like, negated=True),
    "Bool": Operator(_equal_but_for_case),
    "BinaryEquals": Operator(_bytes_equal),
    "IpAddress": Operator(_in_block),
    "NotIpAddress": Operator(_in_block, negated=True),
    "ArnEquals": Operator(_arn_like),
    "ArnLike": Operator(_arn_like),
    "ArnNotEquals": Operator(_arn_like, negated=True),
    "ArnNotLike": Operator(_arn_like, negated=True),
    **{f"Numeric{name}": Operator(_number_is(order)) for name, order in ORDERS.items()},
    "NumericNotEquals": Operator(_number_is(operator.eq), negated=True),
    **{f"Date{name}": Operator(_date_is(order)) for name, order in ORDERS.items()},
    "DateNotEquals": Operator(_date_is(operator.eq), negated=True),
}
