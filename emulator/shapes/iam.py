"""IAM 2010-05-08. Generated: see generator.py."""

from __future__ import annotations

from datetime import datetime
from typing import Required, TypedDict


class AttachRolePolicyRequest(TypedDict, total=False):
    RoleName: Required[str]
    PolicyArn: Required[str]


class AttachedPermissionsBoundary(TypedDict, total=False):
    PermissionsBoundaryType: str
    PermissionsBoundaryArn: str


class AttachedPolicy(TypedDict, total=False):
    PolicyName: str
    PolicyArn: str


class CreatePolicyRequest(TypedDict, total=False):
    PolicyName: Required[str]
    Path: str
    PolicyDocument: Required[str]
    Description: str
    Tags: list[Tag]


class CreatePolicyResponse(TypedDict, total=False):
    Policy: Policy


class CreatePolicyVersionRequest(TypedDict, total=False):
    PolicyArn: Required[str]
    PolicyDocument: Required[str]
    SetAsDefault: bool


class CreatePolicyVersionResponse(TypedDict, total=False):
    PolicyVersion: PolicyVersion


class CreateRoleRequest(TypedDict, total=False):
    Path: str
    RoleName: Required[str]
    AssumeRolePolicyDocument: Required[str]
    Description: str
    MaxSessionDuration: int
    PermissionsBoundary: str
    Tags: list[Tag]


class CreateRoleResponse(TypedDict, total=False):
    Role: Required[Role]


class DeletePolicyRequest(TypedDict, total=False):
    PolicyArn: Required[str]


class DeletePolicyVersionRequest(TypedDict, total=False):
    PolicyArn: Required[str]
    VersionId: Required[str]


class DeleteRolePermissionsBoundaryRequest(TypedDict, total=False):
    RoleName: Required[str]


class DeleteRolePolicyRequest(TypedDict, total=False):
    RoleName: Required[str]
    PolicyName: Required[str]


class DeleteRoleRequest(TypedDict, total=False):
    RoleName: Required[str]


class DetachRolePolicyRequest(TypedDict, total=False):
    RoleName: Required[str]
    PolicyArn: Required[str]


class GetPolicyRequest(TypedDict, total=False):
    PolicyArn: Required[str]


class GetPolicyResponse(TypedDict, total=False):
    Policy: Policy


class GetPolicyVersionRequest(TypedDict, total=False):
    PolicyArn: Required[str]
    VersionId: Required[str]


class GetPolicyVersionResponse(TypedDict, total=False):
    PolicyVersion: PolicyVersion


class GetRolePolicyRequest(TypedDict, total=False):
    RoleName: Required[str]
    PolicyName: Required[str]


class GetRolePolicyResponse(TypedDict, total=False):
    RoleName: Required[str]
    PolicyName: Required[str]
    PolicyDocument: Required[str]


class GetRoleRequest(TypedDict, total=False):
    RoleName: Required[str]


class GetRoleResponse(TypedDict, total=False):
    Role: Required[Role]


class InstanceProfile(TypedDict, total=False):
    Path: Required[str]
    InstanceProfileName: Required[str]
    InstanceProfileId: Required[str]
    Arn: Required[str]
    CreateDate: Required[datetime]
    Roles: Required[list[Role]]
    Tags: list[Tag]


class ListAttachedRolePoliciesRequest(TypedDict, total=False):
    RoleName: Required[str]
    PathPrefix: str
    Marker: str
    MaxItems: int


class ListAttachedRolePoliciesResponse(TypedDict, total=False):
    AttachedPolicies: list[AttachedPolicy]
    IsTruncated: bool
    Marker: str


class ListEntitiesForPolicyRequest(TypedDict, total=False):
    PolicyArn: Required[str]
    EntityFilter: str
    PathPrefix: str
    PolicyUsageFilter: str
    Marker: str
    MaxItems: int


class ListEntitiesForPolicyResponse(TypedDict, total=False):
    PolicyGroups: list[PolicyGroup]
    PolicyUsers: list[PolicyUser]
    PolicyRoles: list[PolicyRole]
    IsTruncated: bool
    Marker: str


class ListInstanceProfilesForRoleRequest(TypedDict, total=False):
    RoleName: Required[str]
    Marker: str
    MaxItems: int


class ListInstanceProfilesForRoleResponse(TypedDict, total=False):
    InstanceProfiles: Required[list[InstanceProfile]]
    IsTruncated: bool
    Marker: str


class ListPoliciesRequest(TypedDict, total=False):
    Scope: str
    OnlyAttached: bool
    PathPrefix: str
    PolicyUsageFilter: str
    Marker: str
    MaxItems: int


class ListPoliciesResponse(TypedDict, total=False):
    Policies: list[Policy]
    IsTruncated: bool
    Marker: str


class ListPolicyTagsRequest(TypedDict, total=False):
    PolicyArn: Required[str]
    Marker: str
    MaxItems: int


class ListPolicyTagsResponse(TypedDict, total=False):
    Tags: Required[list[Tag]]
    IsTruncated: bool
    Marker: str


class ListPolicyVersionsRequest(TypedDict, total=False):
    PolicyArn: Required[str]
    Marker: str
    MaxItems: int


class ListPolicyVersionsResponse(TypedDict, total=False):
    Versions: list[PolicyVersion]
    IsTruncated: bool
    Marker: str


class ListRolePoliciesRequest(TypedDict, total=False):
    RoleName: Required[str]
    Marker: str
    MaxItems: int


class ListRolePoliciesResponse(TypedDict, total=False):
    PolicyNames: Required[list[str]]
    IsTruncated: bool
    Marker: str


class ListRoleTagsRequest(TypedDict, total=False):
    RoleName: Required[str]
    Marker: str
    MaxItems: int


class ListRoleTagsResponse(TypedDict, total=False):
    Tags: Required[list[Tag]]
    IsTruncated: bool
    Marker: str


class ListRolesRequest(TypedDict, total=False):
    PathPrefix: str
    Marker: str
    MaxItems: int


class ListRolesResponse(TypedDict, total=False):
    Roles: Required[list[Role]]
    IsTruncated: bool
    Marker: str


class Policy(TypedDict, total=False):
    PolicyName: str
    PolicyId: str
    Arn: str
    Path: str
    DefaultVersionId: str
    AttachmentCount: int
    PermissionsBoundaryUsageCount: int
    IsAttachable: bool
    Description: str
    CreateDate: datetime
    UpdateDate: datetime
    Tags: list[Tag]


class PolicyGroup(TypedDict, total=False):
    GroupName: str
    GroupId: str


class PolicyRole(TypedDict, total=False):
    RoleName: str
    RoleId: str


class PolicyUser(TypedDict, total=False):
    UserName: str
    UserId: str


class PolicyVersion(TypedDict, total=False):
    Document: str
    VersionId: str
    IsDefaultVersion: bool
    CreateDate: datetime


class PutRolePermissionsBoundaryRequest(TypedDict, total=False):
    RoleName: Required[str]
    PermissionsBoundary: Required[str]


class PutRolePolicyRequest(TypedDict, total=False):
    RoleName: Required[str]
    PolicyName: Required[str]
    PolicyDocument: Required[str]


class Role(TypedDict, total=False):
    Path: Required[str]
    RoleName: Required[str]
    RoleId: Required[str]
    Arn: Required[str]
    CreateDate: Required[datetime]
    AssumeRolePolicyDocument: str
    Description: str
    MaxSessionDuration: int
    PermissionsBoundary: AttachedPermissionsBoundary
    Tags: list[Tag]
    RoleLastUsed: RoleLastUsed
    SourceRoleTemplate: SourceRoleTemplate


class RoleLastUsed(TypedDict, total=False):
    LastUsedDate: datetime
    Region: str


class SetDefaultPolicyVersionRequest(TypedDict, total=False):
    PolicyArn: Required[str]
    VersionId: Required[str]


class SourceRoleTemplate(TypedDict, total=False):
    TemplateArn: Required[str]
    TemplateMinorVersion: Required[int]


class Tag(TypedDict, total=False):
    Key: Required[str]
    Value: Required[str]


class TagPolicyRequest(TypedDict, total=False):
    PolicyArn: Required[str]
    Tags: Required[list[Tag]]


class TagRoleRequest(TypedDict, total=False):
    RoleName: Required[str]
    Tags: Required[list[Tag]]


class UntagPolicyRequest(TypedDict, total=False):
    PolicyArn: Required[str]
    TagKeys: Required[list[str]]


class UntagRoleRequest(TypedDict, total=False):
    RoleName: Required[str]
    TagKeys: Required[list[str]]


class UpdateAssumeRolePolicyRequest(TypedDict, total=False):
    RoleName: Required[str]
    PolicyDocument: Required[str]


class UpdateRoleDescriptionRequest(TypedDict, total=False):
    RoleName: Required[str]
    Description: Required[str]


class UpdateRoleDescriptionResponse(TypedDict, total=False):
    Role: Role


class UpdateRoleRequest(TypedDict, total=False):
    RoleName: Required[str]
    Description: str
    MaxSessionDuration: int


class UpdateRoleResponse(TypedDict, total=False):
    pass
