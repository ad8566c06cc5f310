"""STS 2011-06-15. Generated: see generator.py."""

from __future__ import annotations

from typing import TypedDict


class GetCallerIdentityRequest(TypedDict, total=False):
    pass


class GetCallerIdentityResponse(TypedDict, total=False):
    UserId: str
    Account: str
    Arn: str
