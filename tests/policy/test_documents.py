"""Which texts are policies, and the sentence that refuses those that are not.

The reasons of IAM were recorded from it by the authors of other emulators and in public issues.
"""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.policy.documents import MOST, Malformed, Use, parse, size
from state.policy.statements import Condition, Principals, Statement
from tests.policy.texts import allow, deny, text

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
BUCKET = "arn:aws:s3:::bucket"
EXPORTS = "c4d8eabf8db69dbe46bfe0e517100c554f01200b104d59cd408e777ba442a322"
LIST: Any = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET}
TRUST: Any = {
    "Effect": "Allow",
    "Principal": {"Service": "vmie.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
PUBLIC: Any = {"Principal": "*", **LIST}
KEY: Any = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def without(statement: Any, *names: str, **more: Any) -> str:
    return text({**{key: value for key, value in statement.items() if key not in names}, **more})


def condition(found: Any) -> str:
    return text({**LIST, "Condition": found})


def resources(*found: str) -> str:
    return text(allow("s3:ListBucket", list(found)))


def reason(found: str, use: Use, arn: str | None = None) -> str:
    with pytest.raises(Malformed) as refusal:
        parse(found, use, arn)
    return refusal.value.reason


OF_IDENTITIES = {
    "no JSON": ("This is not a json document", SYNTAX),
    "nothing": ("", SYNTAX),
    "null": ("null", SYNTAX),
    "a list": ("[]", SYNTAX),
    "a comma too many": (text(LIST)[:-1] + ",}", SYNTAX),
    "NaN": ('{"Version": "2012-10-17", "Statement": NaN}', SYNTAX),
    "no statement": (json.dumps({"Version": "2012-10-17"}), SYNTAX),
    "no statements": (text(), SYNTAX),
    "a statement of text": (text("afd"), SYNTAX),
    "an unknown version": (text(LIST, version="2013-10-17"), SYNTAX),
    "an unknown member": (text(LIST, Extra="value"), SYNTAX),
    "small letters": (json.dumps({"version": "2012-10-17", "statement": LIST}), SYNTAX),
    "an unknown member of a statement": (text({**LIST, "Extra": 1}), SYNTAX),
    "an Id that is a list": (text(LIST, Id=["a"]), SYNTAX),
    "a Sid that is an object": (text({**LIST, "Sid": {}}), SYNTAX),
    "no effect": (without(LIST, "Effect"), SYNTAX),
    "an unknown effect": (text({**LIST, "Effect": "invalid"}), SYNTAX),
    "an effect in odd letters": (text({**LIST, "Effect": "aLLow"}), LEGACY),
    "Action and NotAction": (text({**LIST, "NotAction": "s3:Get*"}), SYNTAX),
    "Resource and NotResource": (text({**LIST, "NotResource": []}), SYNTAX),
    "a list in a list": (text({**LIST, "Action": [[]]}), SYNTAX),
    "an object as resource": (text({**LIST, "Resource": {"a": BUCKET}}), SYNTAX),
    "a list as condition": (condition([]), SYNTAX),
    "a text as condition": (condition("a"), SYNTAX),
    "a text as operator's keys": (condition({"StringLike": "a"}), SYNTAX),
    "an object as value": (condition({"DateGreaterThan": {"a": {}}}), SYNTAX),
    "a null as value": (condition({"StringLike": {"a": None}}), SYNTAX),
    "an unknown operator": (condition({"x": {"a": "1"}}), SYNTAX),
    "two colons": (condition({"ForAnyValue::StringEquals": {"a": "1"}}), SYNTAX),
    "NullIfExists": (condition({"NullIfExists": {"a": "true"}}), SYNTAX),
    "no date": (condition({"DateGreaterThan": {"a": "sdfdsf"}}), LEGACY),
    "a thirteenth month": (condition({"DateLessThanEquals": {"a": "234-13"}}), LEGACY),
    "a zone of one digit": (condition({"DateEquals": {"a": "2016-12-13t2:00:00.5+1"}}), LEGACY),
    "too late": (condition({"DateLessThan": {"a": "9223372036854775808"}}), LEGACY),
    "the same Sid": (
        text({**LIST, "Sid": "a"}, {"Sid": "a", "Effect": "Allow"}),
        "Statement IDs (SID) in a single policy must be unique.",
    ),
    "a Sid with a space": (
        text({**LIST, "Sid": "a b"}),
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
        "expression [0-9A-Za-z]*",
    ),
    "a principal": (
        text({**LIST, "Principal": "*"}),
        "Policy document should not specify a principal.",
    ),
    "no action": (without(LIST, "Action"), "Policy statement must contain actions."),
    "no actions": (text({**LIST, "Action": []}), "Policy statement must contain actions."),
    "an action without a service": (
        text({**LIST, "Action": "invalid"}),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
    "an action with two colons": (
        text({**LIST, "Action": "s3:List:Bucket"}),
        "Actions/Condition can contain only one colon.",
    ),
    "a service with a space": (text({**LIST, "Action": "a a:List"}), "Vendor a a is not valid"),
    "no resource": (without(LIST, "Resource"), "Policy statement must contain resources."),
    "no resources": (resources(), "Policy statement must contain resources."),
    "an action before the resource": (
        without(LIST, "Resource", Action="invalid"),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
    "a resource that is no ARN": (
        resources("invalid resource"),
        'Resource invalid resource must be in ARN format or "*".',
    ),
    "an empty resource": (resources(""), 'Resource  must be in ARN format or "*".'),
    "an unknown partition": (
        resources("arn:error:s3:::bucket", "arn:error:s3::bucket"),
        'Partition "error" is not valid for resource "arn:error:s3:::bucket".',
    ),
    "a short unknown partition": (
        resources("a:bsdf"),
        'Partition "bsdf" is not valid for resource "arn:bsdf:*:*:*:*".',
    ),
    "a long unknown partition": (
        resources("a:b:c:d:e:f:g:h"),
        'Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".',
    ),
    "an ARN without arn": (
        resources("aws:s3:::bucket"),
        'Partition "s3" is not valid for resource "arn:s3:::bucket:*".',
    ),
    "an ARN without a service": (
        resources("arn:aws"),
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    "an ARN with a star as service": (
        resources("arn:aws:s*:::bucket"),
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    "an ARN that is too short": (resources("arn:aws:s3::bucket"), LEGACY),
    "a role's ARN that is too short": (resources("arn:aws:iam::111122223333"), LEGACY),
    "an ARN with an empty service": (resources("arn:aws::fdsasf"), LEGACY),
    "a bucket with a Region": (
        resources("arn:aws:s3:us-east-1::bucket"),
        "Resource arn:aws:s3:us-east-1::bucket can not contain region information.",
    ),
    "a role with a Region": (
        resources("arn:aws:iam:us-east-1::role/a"),
        "IAM resource arn:aws:iam:us-east-1::role/a cannot contain region information.",
    ),
    "no path of IAM": (
        resources("arn:aws:iam:::bucket"),
        'IAM resource path must either be "*" or start with user/, federated-user/, role/, '
        "group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, "
        "oidc-provider/, report/, access-report/.",
    ),
    "a bad date before a bad resource": (
        text(
            {
                **LIST,
                "Resource": "arn:error:s3:::b",
                "Condition": {"DateEquals": {"a": "x"}},
            }
        ),
        LEGACY,
    ),
    "one member twice": (text(LIST)[:-1] + ',"Version":"2012-10-17"}', SYNTAX),
    "half a surrogate pair": (text({**LIST, "Sid": "\ud800"}), SYNTAX),
}


@pytest.mark.parametrize(("found", "sentence"), OF_IDENTITIES.values(), ids=OF_IDENTITIES)
@pytest.mark.parametrize("use", [Use.INLINE, Use.MANAGED])
def test_what_is_no_policy_of_an_identity(found: str, sentence: str, use: Use) -> None:
    assert reason(found, use) == sentence


@pytest.mark.parametrize("version", [None, "2008-10-17"])
def test_only_a_managed_policy_must_be_in_the_new_language(version: str | None) -> None:
    old = text(LIST, version=version)

    assert parse(old).version == "2008-10-17"
    assert reason(old, Use.MANAGED) == "Policy document must be version 2012-10-17 or greater."


def test_an_old_version_is_told_before_a_bad_date_and_behind_bad_syntax() -> None:
    bad = {**LIST, "Condition": {"DateEquals": {"a": "x"}}}

    assert "2012-10-17" in reason(text(bad, version=None), Use.MANAGED)
    assert reason(text({**bad, "Extra": 1}, version=None), Use.MANAGED) == SYNTAX


OTHERS = {
    "trust, no JSON": (Use.TRUST, "trust.json", "This policy contains invalid Json"),
    "trust, cut off": (Use.TRUST, text(TRUST)[:-1], "This policy contains invalid Json"),
    "trust, empty": (Use.TRUST, text(), "Could not parse the policy: Statement is empty!"),
    "trust, no principal": (
        Use.TRUST,
        without(TRUST, "Principal"),
        "Missing required field Principal",
    ),
    "trust, nobody": (
        Use.TRUST,
        without(TRUST, Principal={"AWS": []}),
        "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: "
        "The passed in policy has a statement with no principals!",
    ),
    "trust, an odd principal": (
        Use.TRUST,
        without(TRUST, Principal={"AWS": "arn:aws:iam::12345678910:role/a"}),
        'Invalid principal in policy: "AWS":"arn:aws:iam::12345678910:role/a"',
    ),
    "trust, a star in a principal": (
        Use.TRUST,
        without(TRUST, Principal={"AWS": "arn:aws:iam::111122223333:user/*"}),
        'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/*"',
    ),
    "trust, everybody": (
        Use.TRUST,
        without(TRUST, Principal="*"),
        'AssumeRolepolicy contained an invalid principal: "STAR".',
    ),
    "trust, another action": (
        Use.TRUST,
        without(TRUST, Action=["sts:AssumeRole", "s3:GetObject"]),
        "AssumeRole policy may only specify STS AssumeRole actions.",
    ),
    "trust, a policy of a role": (Use.TRUST, text(LIST), "Has prohibited field Resource"),
    "trust, Resource": (
        Use.TRUST,
        without(TRUST, Resource="*"),
        "Has prohibited field Resource",
    ),
    "bucket, a file's name": (
        Use.BUCKET,
        "policy.json",
        "Policies must be valid JSON and the first byte must be '{'",
    ),
    "bucket, cut off": (Use.BUCKET, text(PUBLIC)[:-1], "This policy contains invalid Json"),
    "bucket, no statement": (Use.BUCKET, "{}", "Missing required field Statement"),
    "bucket, empty": (Use.BUCKET, text(), "Could not parse the policy: Statement is empty!"),
    "bucket, wrapped": (Use.BUCKET, json.dumps({"Policy": "{}"}), "Unknown field Policy"),
    "bucket, no principal": (Use.BUCKET, text(LIST), "Missing required field Principal"),
    "bucket, an odd principal": (
        Use.BUCKET,
        without(PUBLIC, Principal={"AWS": "user"}),
        "Invalid principal in policy",
    ),
    "bucket, a principal in letters": (
        Use.BUCKET,
        without(PUBLIC, Principal="user"),
        "Invalid principal in policy",
    ),
    "bucket, an odd effect": (
        Use.BUCKET,
        without(PUBLIC, Effect="hello"),
        "Invalid effect: hello",
    ),
    "bucket, no effect": (
        Use.BUCKET,
        without(PUBLIC, "Effect"),
        "Missing required field Effect",
    ),
    "bucket, no action": (
        Use.BUCKET,
        without(PUBLIC, "Action"),
        "Missing required field Action",
    ),
    "bucket, an odd action": (
        Use.BUCKET,
        without(PUBLIC, Action="invalid_action"),
        "Policy has invalid action",
    ),
    "bucket, another service": (
        Use.BUCKET,
        without(PUBLIC, Action="ec2:RunInstances"),
        "Policy has invalid action",
    ),
    "bucket, no resource": (
        Use.BUCKET,
        without(PUBLIC, "Resource"),
        "Missing required field Resource",
    ),
    "bucket, an odd resource": (
        Use.BUCKET,
        without(PUBLIC, Resource="bucket"),
        "Policy has invalid resource",
    ),
    "bucket, another bucket": (
        Use.BUCKET,
        without(PUBLIC, Resource=[BUCKET, "arn:aws:s3:::buckets"]),
        "Policy has invalid resource",
    ),
    "bucket, every bucket": (
        Use.BUCKET,
        without(PUBLIC, Resource="arn:aws:s3:::*"),
        "Policy has invalid resource",
    ),
    "bucket, an odd version": (
        Use.BUCKET,
        text(PUBLIC, version="2020-01-01"),
        "The policy must contain a valid version string",
    ),
    "key, nobody": (
        Use.KEY,
        without(KEY, Principal={"AWS": []}),
        "Policy contains a statement with no principal.",
    ),
    "key, an odd principal": (
        Use.KEY,
        without(KEY, Principal={"AWS": "arn:aws:iam::1:root"}),
        "Policy contains a statement with one or more invalid principals.",
    ),
}


@pytest.mark.parametrize(("use", "found", "sentence"), OTHERS.values(), ids=OTHERS)
def test_what_is_no_policy_of_a_resource(use: Use, found: str, sentence: str) -> None:
    assert reason(found, use, BUCKET if use is Use.BUCKET else None) == sentence


VALID = {
    "a statement alone": (Use.MANAGED, json.dumps({"Version": "2012-10-17", "Statement": LIST})),
    "an Id": (Use.MANAGED, text(LIST, Id="any")),
    "every action": (Use.MANAGED, text({**LIST, "Action": "*"})),
    "an odd action": (Use.MANAGED, text({**LIST, "Action": "iam: asdf safdsf af "})),
    "an unknown service": (Use.MANAGED, resources("arn:aws:invalid-service:us-east-1::b")),
    "an ARN cut short": (Use.MANAGED, resources("arn:aws:fdsasf")),
    "any partition": (Use.MANAGED, resources("arn:*:s3:::b", "arn:aws-us-gov:s3:::b")),
    "an access point": (
        Use.MANAGED,
        resources("arn:aws:s3:us-west-2:111122223333:accesspoint/a"),
    ),
    "any role": (Use.MANAGED, resources("arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:*")),
    "all but": (
        Use.MANAGED,
        text({"Effect": "Deny", "NotAction": "s3:*", "NotResource": BUCKET}),
    ),
    "the same empty Sid": (Use.MANAGED, text({**LIST, "Sid": ""}, {**LIST, "Sid": ""})),
    "no conditions": (Use.MANAGED, condition({})),
    "an unknown operator without keys": (Use.MANAGED, condition({"a": {}})),
    "an odd date": (Use.MANAGED, condition({"DateGreaterThan": {"a": "01T"}})),
    "a date long ago": (Use.MANAGED, condition({"DateLessThan": {"a": "-292275054"}})),
    "a date with a zone": (
        Use.MANAGED,
        condition({"DateLessThan": {"a": "2016-12-13t2:00:00.593194+23"}}),
    ),
    "a date with a fraction": (
        Use.MANAGED,
        condition({"DateLessThanEquals": {"a": "2016-12-13T21:20:37.593194+00:00"}}),
    ),
    "no dates": (Use.MANAGED, condition({"DateGreaterThan": {"a": []}})),
    "the guide's trust": (
        Use.TRUST,
        text({**TRUST, "Condition": {"StringEquals": {"sts:Externalid": "vmimport"}}}),
    ),
    "anyone in AWS": (Use.TRUST, without(TRUST, Principal={"AWS": "*"})),
    "a role that is gone": (Use.TRUST, without(TRUST, Principal={"AWS": "AROA1234567890123456"})),
    "web identities": (
        Use.TRUST,
        without(
            TRUST,
            Principal={"Federated": "accounts.google.com"},
            Action="sts:AssumeRoleWithWebIdentity",
        ),
    ),
    "the guide's bucket policy": (
        Use.BUCKET,
        without(
            PUBLIC,
            Principal={"CanonicalUser": EXPORTS},
            Action=["s3:GetBucketAcl", "s3:PutObject"],
            Resource=[BUCKET, f"{BUCKET}/exports/*"],
        ),
    ),
    "a Sid with spaces": (Use.BUCKET, text({**PUBLIC, "Sid": "Allow public access"})),
    "the usual key policy": (Use.KEY, text({**KEY, "Sid": "Enable IAM User Permissions"}, Id="a")),
}  # fmt: skip


@pytest.mark.parametrize(("use", "found"), VALID.values(), ids=VALID)
def test_what_is_a_policy(use: Use, found: str) -> None:
    assert parse(found, use, BUCKET if use is Use.BUCKET else None).statements


def test_a_document_says_what_was_written() -> None:
    found = parse(
        text(
            {
                "Sid": "One",
                "Effect": "Deny",
                "NotPrincipal": {
                    "AWS": ["*", "111122223333"],
                    "Service": "s3.amazonaws.com",
                },
                "NotAction": "s3:Get*",
                "NotResource": [BUCKET],
                "Condition": {
                    "ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*", "b"]},
                    "Bool": {"aws:SecureTransport": False},
                    "NumericLessThan": {"s3:max-keys": [10, 2.5, "3"]},
                },
            },
            Id="all",
        ),
        Use.KEY,
    )

    (statement,) = found.statements
    assert (found.id, found.version, found.has_variables) == ("all", "2012-10-17", True)
    assert statement == Statement(
        number=1,
        effect="Deny",
        sid="One",
        not_principals=Principals(True, ("111122223333",), ("s3.amazonaws.com",)),
        not_actions=("s3:Get*",),
        not_resources=(BUCKET,),
        conditions=(
            Condition("StringLike", "aws:tagkeys", ("a*", "b"), "ForAnyValue", True),
            Condition("Bool", "aws:securetransport", ("false",)),
            Condition("NumericLessThan", "s3:max-keys", ("10", "2.5", "3")),
        ),
    )


def test_white_space_does_not_count() -> None:
    assert size('{ "a" :\r\n\t"b c" }') == len('{"a":"bc"}')


def refusal_of(found: str, use: Use) -> str | None:
    """The reason; None if the text is a policy. Any other exception is a failure."""
    try:
        parse(found, use)
    except Malformed as refusal:
        return refusal.reason
    return None


HOSTILE = {
    "deep lists": "[" * 100_000,
    "deep objects": '{"Statement":' * 9_000,
    "a deep action": '{"Statement":{"Action":' + "[" * 60_000 + "]" * 60_000 + "}}",
    "too long": text(LIST) + " " * MOST,
    "a long number": '{"Version":' + "9" * 100_000 + "}",
    "quotes": '{"' + '\\"' * 60_000,
    "a long name": json.dumps({"a\x00" * 30_000: 1}),
    "many stars": text(allow("s3:" + "*?" * 30_000)),
    "many variables": text(allow("s3:*", "arn:aws:s3:::" + "${" * 40_000)),
    "a variable of spaces": text(allow("s3:*", "arn:aws:s3:::${" + " " * 90_000)),
    "a long date": condition({"DateEquals": {"a": "1" * 90_000}}),
    "a principal of dots": without(TRUST, Principal={"Service": "a" + "." * 90_000 + "0"}),
    "a principal of slashes": without(TRUST, Principal={"AWS": "arn:aws:iam::" + "/" * 90_000}),
    "a long operator": condition({"a" * 90_000: {"a": "b"}}),
}  # fmt: skip


@pytest.mark.parametrize("found", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("use", Use)
def test_hostile_documents_are_read_or_refused_in_no_time(found: str, use: Use) -> None:
    started = time.process_time()

    refusal = refusal_of(found, use)

    assert refusal is None or (len(refusal) < 2000 and refusal.isprintable())

    assert time.process_time() - started < 10


NAMES = st.sampled_from(
    ["Version", "Statement", "Effect", "Action", "Resource", "Principal", "Condition", "Sid"]
) | st.text(max_size=3)
MORE_NAMES = st.sampled_from(
    ["AWS", "NotAction", "NotResource", "NotPrincipal", "StringLike", "Null", "DateEquals", "Id"]
)
WORDS = st.sampled_from(
    ["2012-10-17", "Allow", "Deny", "*", "s3:*", "sts:AssumeRole", BUCKET, "AWS"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | WORDS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | MORE_NAMES, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.sampled_from(Use))
def test_any_json_is_a_policy_or_malformed(found: dict[str, Any], use: Use) -> None:
    assert refusal_of(json.dumps(found), use) != ""


@given(st.text(max_size=50), st.sampled_from(Use))
def test_any_text_is_a_policy_or_malformed(found: str, use: Use) -> None:
    with pytest.raises(Malformed):
        parse(found, use)


def test_a_statement_is_named_on_one_line() -> None:
    (statement,) = parse(text({**KEY, "Sid": "a\nfaked log line"}), Use.KEY).statements

    assert str(statement) == 'statement 1 ("a?faked log line")'
    assert str(parse(text(deny("s3:*"))).statements[0]) == "statement 1"
