"""EBS direct 2019-11-02. Generated: see generator.py."""

from __future__ import annotations

from datetime import datetime
from typing import Required, TypedDict

from emulator.protocol.streams import FileBody, RequestBody


class Block(TypedDict, total=False):
    BlockIndex: int
    BlockToken: str


class ChangedBlock(TypedDict, total=False):
    BlockIndex: int
    FirstBlockToken: str
    SecondBlockToken: str


class CompleteSnapshotRequest(TypedDict, total=False):
    SnapshotId: Required[str]
    ChangedBlocksCount: Required[int]
    Checksum: str
    ChecksumAlgorithm: str
    ChecksumAggregationMethod: str


class CompleteSnapshotResponse(TypedDict, total=False):
    Status: str


class GetSnapshotBlockRequest(TypedDict, total=False):
    SnapshotId: Required[str]
    BlockIndex: Required[int]
    BlockToken: Required[str]


class GetSnapshotBlockResponse(TypedDict, total=False):
    DataLength: int
    BlockData: bytes | FileBody
    Checksum: str
    ChecksumAlgorithm: str


class ListChangedBlocksRequest(TypedDict, total=False):
    FirstSnapshotId: str
    SecondSnapshotId: Required[str]
    NextToken: str
    MaxResults: int
    StartingBlockIndex: int


class ListChangedBlocksResponse(TypedDict, total=False):
    ChangedBlocks: list[ChangedBlock]
    ExpiryTime: datetime
    VolumeSize: int
    BlockSize: int
    NextToken: str


class ListSnapshotBlocksRequest(TypedDict, total=False):
    SnapshotId: Required[str]
    NextToken: str
    MaxResults: int
    StartingBlockIndex: int


class ListSnapshotBlocksResponse(TypedDict, total=False):
    Blocks: list[Block]
    ExpiryTime: datetime
    VolumeSize: int
    BlockSize: int
    NextToken: str


class PutSnapshotBlockRequest(TypedDict, total=False):
    SnapshotId: Required[str]
    BlockIndex: Required[int]
    BlockData: Required[RequestBody]
    DataLength: Required[int]
    Progress: int
    Checksum: Required[str]
    ChecksumAlgorithm: Required[str]


class PutSnapshotBlockResponse(TypedDict, total=False):
    Checksum: str
    ChecksumAlgorithm: str


class StartSnapshotRequest(TypedDict, total=False):
    VolumeSize: Required[int]
    ParentSnapshotId: str
    Tags: list[Tag]
    Description: str
    ClientToken: str
    Encrypted: bool
    KmsKeyArn: str
    Timeout: int


class StartSnapshotResponse(TypedDict, total=False):
    Description: str
    SnapshotId: str
    OwnerId: str
    Status: str
    StartTime: datetime
    VolumeSize: int
    BlockSize: int
    Tags: list[Tag]
    ParentSnapshotId: str
    KmsKeyArn: str
    SseType: str


class Tag(TypedDict, total=False):
    Key: str
    Value: str
