"""EC2 2016-11-15. Generated: see generator.py."""

from __future__ import annotations

from datetime import datetime
from typing import Required, TypedDict


class AssociatedKmsKey(TypedDict, total=False):
    KmsKeyId: str


class AttachVolumeRequest(TypedDict, total=False):
    Device: Required[str]
    InstanceId: Required[str]
    VolumeId: Required[str]
    EbsCardIndex: int
    DryRun: bool


class AttributeBooleanValue(TypedDict, total=False):
    Value: bool


class AttributeValue(TypedDict, total=False):
    Value: str


class AvailabilityZone(TypedDict, total=False):
    OptInStatus: str
    Messages: list[AvailabilityZoneMessage]
    RegionName: str
    ZoneName: str
    ZoneId: str
    GroupName: str
    NetworkBorderGroup: str
    ZoneType: str
    ParentZoneName: str
    ParentZoneId: str
    GroupLongName: str
    Geography: list[AvailabilityZoneGeography]
    SubGeography: list[AvailabilityZoneSubGeography]
    State: str


class AvailabilityZoneGeography(TypedDict, total=False):
    Name: str


class AvailabilityZoneMessage(TypedDict, total=False):
    Message: str


class AvailabilityZoneSubGeography(TypedDict, total=False):
    Name: str


class BlockDeviceMapping(TypedDict, total=False):
    Ebs: EbsBlockDevice
    NoDevice: str
    DeviceName: str
    VirtualName: str


class CancelExportTaskRequest(TypedDict, total=False):
    ExportTaskId: Required[str]


class CancelImportTaskRequest(TypedDict, total=False):
    CancelReason: str
    DryRun: bool
    ImportTaskId: str


class CancelImportTaskResult(TypedDict, total=False):
    ImportTaskId: str
    PreviousState: str
    State: str


class ClientData(TypedDict, total=False):
    Comment: str
    UploadEnd: datetime
    UploadSize: float
    UploadStart: datetime


class CopyImageRequest(TypedDict, total=False):
    ClientToken: str
    Description: str
    Encrypted: bool
    KmsKeyId: str
    Name: Required[str]
    SourceImageId: Required[str]
    SourceRegion: Required[str]
    DestinationOutpostArn: str
    CopyImageTags: bool
    TagSpecifications: list[TagSpecification]
    SnapshotCopyCompletionDurationMinutes: int
    DestinationAvailabilityZone: str
    DestinationAvailabilityZoneId: str
    DryRun: bool


class CopyImageResult(TypedDict, total=False):
    ImageId: str


class CopySnapshotRequest(TypedDict, total=False):
    Description: str
    DestinationOutpostArn: str
    DestinationRegion: str
    Encrypted: bool
    KmsKeyId: str
    PresignedUrl: str
    SourceRegion: Required[str]
    SourceSnapshotId: Required[str]
    TagSpecifications: list[TagSpecification]
    CompletionDurationMinutes: int
    DestinationAvailabilityZone: str
    DryRun: bool


class CopySnapshotResult(TypedDict, total=False):
    Tags: list[Tag]
    SnapshotId: str


class CreateSnapshotRequest(TypedDict, total=False):
    Description: str
    OutpostArn: str
    VolumeId: Required[str]
    TagSpecifications: list[TagSpecification]
    Location: str
    DryRun: bool


class CreateSnapshotsRequest(TypedDict, total=False):
    Description: str
    InstanceSpecification: Required[InstanceSpecification]
    OutpostArn: str
    TagSpecifications: list[TagSpecification]
    DryRun: bool
    CopyTagsFromSource: str
    Location: str


class CreateSnapshotsResult(TypedDict, total=False):
    Snapshots: list[SnapshotInfo]


class CreateTagsRequest(TypedDict, total=False):
    DryRun: bool
    Resources: Required[list[str]]
    Tags: Required[list[Tag]]


class CreateVolumePermission(TypedDict, total=False):
    UserId: str
    Group: str


class CreateVolumePermissionModifications(TypedDict, total=False):
    Add: list[CreateVolumePermission]
    Remove: list[CreateVolumePermission]


class CreateVolumeRequest(TypedDict, total=False):
    AvailabilityZone: str
    AvailabilityZoneId: str
    Encrypted: bool
    Iops: int
    KmsKeyId: str
    OutpostArn: str
    Size: int
    SnapshotId: str
    VolumeType: str
    TagSpecifications: list[TagSpecification]
    MultiAttachEnabled: bool
    Throughput: int
    ClientToken: str
    VolumeInitializationRate: int
    Operator: OperatorRequest
    DryRun: bool


class DeleteSnapshotRequest(TypedDict, total=False):
    SnapshotId: Required[str]
    DryRun: bool


class DeleteSnapshotReturnCode(TypedDict, total=False):
    SnapshotId: str
    ReturnCode: str


class DeleteTagsRequest(TypedDict, total=False):
    DryRun: bool
    Resources: Required[list[str]]
    Tags: list[Tag]


class DeleteVolumeRequest(TypedDict, total=False):
    VolumeId: Required[str]
    DryRun: bool


class DeregisterImageRequest(TypedDict, total=False):
    ImageId: Required[str]
    DeleteAssociatedSnapshots: bool
    DryRun: bool


class DeregisterImageResult(TypedDict, total=False):
    Return: bool
    DeleteSnapshotResults: list[DeleteSnapshotReturnCode]


class DescribeAvailabilityZonesRequest(TypedDict, total=False):
    ZoneNames: list[str]
    ZoneIds: list[str]
    AllAvailabilityZones: bool
    DryRun: bool
    Filters: list[Filter]


class DescribeAvailabilityZonesResult(TypedDict, total=False):
    AvailabilityZones: list[AvailabilityZone]


class DescribeExportImageTasksRequest(TypedDict, total=False):
    DryRun: bool
    Filters: list[Filter]
    ExportImageTaskIds: list[str]
    MaxResults: int
    NextToken: str


class DescribeExportImageTasksResult(TypedDict, total=False):
    ExportImageTasks: list[ExportImageTask]
    NextToken: str


class DescribeExportTasksRequest(TypedDict, total=False):
    Filters: list[Filter]
    ExportTaskIds: list[str]


class DescribeExportTasksResult(TypedDict, total=False):
    ExportTasks: list[ExportTask]


class DescribeImageAttributeRequest(TypedDict, total=False):
    Attribute: Required[str]
    ImageId: Required[str]
    DryRun: bool


class DescribeImagesRequest(TypedDict, total=False):
    ExecutableUsers: list[str]
    ImageIds: list[str]
    Owners: list[str]
    IncludeDeprecated: bool
    IncludeDisabled: bool
    MaxResults: int
    NextToken: str
    DryRun: bool
    Filters: list[Filter]


class DescribeImagesResult(TypedDict, total=False):
    NextToken: str
    Images: list[Image]


class DescribeImportImageTasksRequest(TypedDict, total=False):
    DryRun: bool
    Filters: list[Filter]
    ImportTaskIds: list[str]
    MaxResults: int
    NextToken: str


class DescribeImportImageTasksResult(TypedDict, total=False):
    ImportImageTasks: list[ImportImageTask]
    NextToken: str


class DescribeImportSnapshotTasksRequest(TypedDict, total=False):
    DryRun: bool
    Filters: list[Filter]
    ImportTaskIds: list[str]
    MaxResults: int
    NextToken: str


class DescribeImportSnapshotTasksResult(TypedDict, total=False):
    ImportSnapshotTasks: list[ImportSnapshotTask]
    NextToken: str


class DescribeRegionsRequest(TypedDict, total=False):
    RegionNames: list[str]
    AllRegions: bool
    DryRun: bool
    Filters: list[Filter]


class DescribeRegionsResult(TypedDict, total=False):
    Regions: list[Region]


class DescribeSnapshotAttributeRequest(TypedDict, total=False):
    Attribute: Required[str]
    SnapshotId: Required[str]
    DryRun: bool


class DescribeSnapshotAttributeResult(TypedDict, total=False):
    ProductCodes: list[ProductCode]
    SnapshotId: str
    CreateVolumePermissions: list[CreateVolumePermission]


class DescribeSnapshotsRequest(TypedDict, total=False):
    MaxResults: int
    NextToken: str
    OwnerIds: list[str]
    RestorableByUserIds: list[str]
    SnapshotIds: list[str]
    DryRun: bool
    Filters: list[Filter]


class DescribeSnapshotsResult(TypedDict, total=False):
    NextToken: str
    Snapshots: list[Snapshot]


class DescribeTagsRequest(TypedDict, total=False):
    DryRun: bool
    Filters: list[Filter]
    MaxResults: int
    NextToken: str


class DescribeTagsResult(TypedDict, total=False):
    NextToken: str
    Tags: list[TagDescription]


class DescribeVolumeAttributeRequest(TypedDict, total=False):
    Attribute: Required[str]
    VolumeId: Required[str]
    DryRun: bool


class DescribeVolumeAttributeResult(TypedDict, total=False):
    AutoEnableIO: AttributeBooleanValue
    ProductCodes: list[ProductCode]
    VolumeId: str


class DescribeVolumeStatusRequest(TypedDict, total=False):
    MaxResults: int
    NextToken: str
    VolumeIds: list[str]
    IncludeManagedResources: bool
    DryRun: bool
    Filters: list[Filter]


class DescribeVolumeStatusResult(TypedDict, total=False):
    NextToken: str
    VolumeStatuses: list[VolumeStatusItem]


class DescribeVolumesModificationsRequest(TypedDict, total=False):
    DryRun: bool
    VolumeIds: list[str]
    Filters: list[Filter]
    NextToken: str
    MaxResults: int
    IncludeManagedResources: bool


class DescribeVolumesModificationsResult(TypedDict, total=False):
    NextToken: str
    VolumesModifications: list[VolumeModification]


class DescribeVolumesRequest(TypedDict, total=False):
    VolumeIds: list[str]
    IncludeManagedResources: bool
    DryRun: bool
    Filters: list[Filter]
    NextToken: str
    MaxResults: int


class DescribeVolumesResult(TypedDict, total=False):
    NextToken: str
    Volumes: list[Volume]


class DetachVolumeRequest(TypedDict, total=False):
    Device: str
    Force: bool
    InstanceId: str
    VolumeId: Required[str]
    DryRun: bool


class DisableEbsEncryptionByDefaultRequest(TypedDict, total=False):
    DryRun: bool


class DisableEbsEncryptionByDefaultResult(TypedDict, total=False):
    EbsEncryptionByDefault: bool


class DisableImageBlockPublicAccessRequest(TypedDict, total=False):
    DryRun: bool


class DisableImageBlockPublicAccessResult(TypedDict, total=False):
    ImageBlockPublicAccessState: str


class DisableImageDeprecationRequest(TypedDict, total=False):
    ImageId: Required[str]
    DryRun: bool


class DisableImageDeprecationResult(TypedDict, total=False):
    Return: bool


class DisableImageDeregistrationProtectionRequest(TypedDict, total=False):
    ImageId: Required[str]
    DryRun: bool


class DisableImageDeregistrationProtectionResult(TypedDict, total=False):
    Return: str


class DisableImageRequest(TypedDict, total=False):
    ImageId: Required[str]
    DryRun: bool


class DisableImageResult(TypedDict, total=False):
    Return: bool


class DisableSnapshotBlockPublicAccessRequest(TypedDict, total=False):
    DryRun: bool


class DisableSnapshotBlockPublicAccessResult(TypedDict, total=False):
    State: str


class EbsBlockDevice(TypedDict, total=False):
    DeleteOnTermination: bool
    Iops: int
    SnapshotId: str
    VolumeSize: int
    VolumeType: str
    KmsKeyId: str
    Throughput: int
    OutpostArn: str
    AvailabilityZone: str
    Encrypted: bool
    VolumeInitializationRate: int
    AvailabilityZoneId: str
    EbsCardIndex: int


class EnableEbsEncryptionByDefaultRequest(TypedDict, total=False):
    DryRun: bool


class EnableEbsEncryptionByDefaultResult(TypedDict, total=False):
    EbsEncryptionByDefault: bool


class EnableImageBlockPublicAccessRequest(TypedDict, total=False):
    ImageBlockPublicAccessState: Required[str]
    DryRun: bool


class EnableImageBlockPublicAccessResult(TypedDict, total=False):
    ImageBlockPublicAccessState: str


class EnableImageDeprecationRequest(TypedDict, total=False):
    ImageId: Required[str]
    DeprecateAt: Required[datetime]
    DryRun: bool


class EnableImageDeprecationResult(TypedDict, total=False):
    Return: bool


class EnableImageDeregistrationProtectionRequest(TypedDict, total=False):
    ImageId: Required[str]
    WithCooldown: bool
    DryRun: bool


class EnableImageDeregistrationProtectionResult(TypedDict, total=False):
    Return: str


class EnableImageRequest(TypedDict, total=False):
    ImageId: Required[str]
    DryRun: bool


class EnableImageResult(TypedDict, total=False):
    Return: bool


class EnableSnapshotBlockPublicAccessRequest(TypedDict, total=False):
    State: Required[str]
    DryRun: bool


class EnableSnapshotBlockPublicAccessResult(TypedDict, total=False):
    State: str


class EnableVolumeIORequest(TypedDict, total=False):
    DryRun: bool
    VolumeId: Required[str]


class ExportImageRequest(TypedDict, total=False):
    ClientToken: str
    Description: str
    DiskImageFormat: Required[str]
    DryRun: bool
    ImageId: Required[str]
    S3ExportLocation: Required[ExportTaskS3LocationRequest]
    RoleName: str
    TagSpecifications: list[TagSpecification]


class ExportImageResult(TypedDict, total=False):
    Description: str
    DiskImageFormat: str
    ExportImageTaskId: str
    ImageId: str
    RoleName: str
    Progress: str
    S3ExportLocation: ExportTaskS3Location
    Status: str
    StatusMessage: str
    Tags: list[Tag]


class ExportImageTask(TypedDict, total=False):
    Description: str
    ExportImageTaskId: str
    ImageId: str
    Progress: str
    S3ExportLocation: ExportTaskS3Location
    Status: str
    StatusMessage: str
    Tags: list[Tag]


class ExportTask(TypedDict, total=False):
    Description: str
    ExportTaskId: str
    ExportToS3Task: ExportToS3Task
    InstanceExportDetails: InstanceExportDetails
    State: str
    StatusMessage: str
    Tags: list[Tag]


class ExportTaskS3Location(TypedDict, total=False):
    S3Bucket: str
    S3Prefix: str


class ExportTaskS3LocationRequest(TypedDict, total=False):
    S3Bucket: Required[str]
    S3Prefix: str


class ExportToS3Task(TypedDict, total=False):
    ContainerFormat: str
    DiskImageFormat: str
    S3Bucket: str
    S3Key: str


class Filter(TypedDict, total=False):
    Name: str
    Values: list[str]


class GetEbsDefaultKmsKeyIdRequest(TypedDict, total=False):
    DryRun: bool


class GetEbsDefaultKmsKeyIdResult(TypedDict, total=False):
    KmsKeyId: str


class GetEbsEncryptionByDefaultRequest(TypedDict, total=False):
    DryRun: bool


class GetEbsEncryptionByDefaultResult(TypedDict, total=False):
    EbsEncryptionByDefault: bool
    SseType: str


class GetImageBlockPublicAccessStateRequest(TypedDict, total=False):
    DryRun: bool


class GetImageBlockPublicAccessStateResult(TypedDict, total=False):
    ImageBlockPublicAccessState: str
    ManagedBy: str


class GetSnapshotBlockPublicAccessStateRequest(TypedDict, total=False):
    DryRun: bool


class GetSnapshotBlockPublicAccessStateResult(TypedDict, total=False):
    State: str
    ManagedBy: str


class Image(TypedDict, total=False):
    PlatformDetails: str
    UsageOperation: str
    BlockDeviceMappings: list[BlockDeviceMapping]
    Description: str
    EnaSupport: bool
    Hypervisor: str
    ImageOwnerAlias: str
    Name: str
    RootDeviceName: str
    RootDeviceType: str
    SriovNetSupport: str
    StateReason: StateReason
    Tags: list[Tag]
    VirtualizationType: str
    BootMode: str
    TpmSupport: str
    DeprecationTime: str
    ImdsSupport: str
    SourceInstanceId: str
    DeregistrationProtection: str
    LastLaunchedTime: str
    ImageAllowed: bool
    SourceImageId: str
    SourceImageRegion: str
    FreeTierEligible: bool
    PublicSsmParameterName: str
    ImageWatermarks: list[ImageWatermark]
    ScanResults: ScanResults
    InstanceTypeSpecification: InstanceTypeSpecification
    ImageId: str
    ImageLocation: str
    State: str
    OwnerId: str
    CreationDate: str
    Public: bool
    ProductCodes: list[ProductCode]
    Architecture: str
    ImageType: str
    KernelId: str
    RamdiskId: str
    Platform: str


class ImageAttribute(TypedDict, total=False):
    Description: AttributeValue
    KernelId: AttributeValue
    RamdiskId: AttributeValue
    SriovNetSupport: AttributeValue
    BootMode: AttributeValue
    TpmSupport: AttributeValue
    UefiData: AttributeValue
    LastLaunchedTime: AttributeValue
    ImdsSupport: AttributeValue
    DeregistrationProtection: AttributeValue
    ImageId: str
    LaunchPermissions: list[LaunchPermission]
    ProductCodes: list[ProductCode]
    BlockDeviceMappings: list[BlockDeviceMapping]


class ImageDiskContainer(TypedDict, total=False):
    Description: str
    DeviceName: str
    Format: str
    SnapshotId: str
    Url: str
    UserBucket: UserBucket


class ImageWatermark(TypedDict, total=False):
    WatermarkKey: str
    SourceImageRegion: str
    SourceImageId: str
    SourceImageCreationTime: datetime
    WatermarkCreationTime: datetime


class ImportImageLicenseConfigurationRequest(TypedDict, total=False):
    LicenseConfigurationArn: str


class ImportImageLicenseConfigurationResponse(TypedDict, total=False):
    LicenseConfigurationArn: str


class ImportImageRequest(TypedDict, total=False):
    Architecture: str
    ClientData: ClientData
    ClientToken: str
    Description: str
    DiskContainers: list[ImageDiskContainer]
    DryRun: bool
    Encrypted: bool
    Hypervisor: str
    KmsKeyId: str
    LicenseType: str
    Platform: str
    RoleName: str
    LicenseSpecifications: list[ImportImageLicenseConfigurationRequest]
    TagSpecifications: list[TagSpecification]
    UsageOperation: str
    BootMode: str


class ImportImageResult(TypedDict, total=False):
    Architecture: str
    Description: str
    Encrypted: bool
    Hypervisor: str
    ImageId: str
    ImportTaskId: str
    KmsKeyId: str
    LicenseType: str
    Platform: str
    Progress: str
    SnapshotDetails: list[SnapshotDetail]
    Status: str
    StatusMessage: str
    LicenseSpecifications: list[ImportImageLicenseConfigurationResponse]
    Tags: list[Tag]
    UsageOperation: str


class ImportImageTask(TypedDict, total=False):
    Architecture: str
    Description: str
    Encrypted: bool
    Hypervisor: str
    ImageId: str
    ImportTaskId: str
    KmsKeyId: str
    LicenseType: str
    Platform: str
    Progress: str
    SnapshotDetails: list[SnapshotDetail]
    Status: str
    StatusMessage: str
    Tags: list[Tag]
    LicenseSpecifications: list[ImportImageLicenseConfigurationResponse]
    UsageOperation: str
    BootMode: str


class ImportSnapshotRequest(TypedDict, total=False):
    ClientData: ClientData
    ClientToken: str
    Description: str
    DiskContainer: SnapshotDiskContainer
    DryRun: bool
    Encrypted: bool
    KmsKeyId: str
    RoleName: str
    TagSpecifications: list[TagSpecification]


class ImportSnapshotResult(TypedDict, total=False):
    Description: str
    ImportTaskId: str
    SnapshotTaskDetail: SnapshotTaskDetail
    Tags: list[Tag]


class ImportSnapshotTask(TypedDict, total=False):
    Description: str
    ImportTaskId: str
    SnapshotTaskDetail: SnapshotTaskDetail
    Tags: list[Tag]


class InitializationStatusDetails(TypedDict, total=False):
    InitializationType: str
    Progress: int
    EstimatedTimeToCompleteInSeconds: int


class InstanceExportDetails(TypedDict, total=False):
    InstanceId: str
    TargetEnvironment: str


class InstanceSpecification(TypedDict, total=False):
    InstanceId: Required[str]
    ExcludeBootVolume: bool
    ExcludeDataVolumeIds: list[str]


class InstanceTypeItem(TypedDict, total=False):
    InstanceType: str


class InstanceTypeSpecification(TypedDict, total=False):
    SupportedInstanceTypes: list[InstanceTypeItem]
    UnsupportedInstanceTypes: list[InstanceTypeItem]


class LaunchPermission(TypedDict, total=False):
    OrganizationArn: str
    OrganizationalUnitArn: str
    UserId: str
    Group: str


class LaunchPermissionModifications(TypedDict, total=False):
    Add: list[LaunchPermission]
    Remove: list[LaunchPermission]


class ModifyEbsDefaultKmsKeyIdRequest(TypedDict, total=False):
    KmsKeyId: Required[str]
    DryRun: bool


class ModifyEbsDefaultKmsKeyIdResult(TypedDict, total=False):
    KmsKeyId: str


class ModifyImageAttributeRequest(TypedDict, total=False):
    Attribute: str
    Description: AttributeValue
    ImageId: Required[str]
    LaunchPermission: LaunchPermissionModifications
    OperationType: str
    ProductCodes: list[str]
    UserGroups: list[str]
    UserIds: list[str]
    Value: str
    OrganizationArns: list[str]
    OrganizationalUnitArns: list[str]
    ImdsSupport: AttributeValue
    DryRun: bool


class ModifySnapshotAttributeRequest(TypedDict, total=False):
    Attribute: str
    CreateVolumePermission: CreateVolumePermissionModifications
    GroupNames: list[str]
    OperationType: str
    SnapshotId: Required[str]
    UserIds: list[str]
    DryRun: bool


class ModifyVolumeAttributeRequest(TypedDict, total=False):
    AutoEnableIO: AttributeBooleanValue
    VolumeId: Required[str]
    DryRun: bool


class ModifyVolumeRequest(TypedDict, total=False):
    DryRun: bool
    VolumeId: Required[str]
    Size: int
    VolumeType: str
    Iops: int
    Throughput: int
    MultiAttachEnabled: bool


class ModifyVolumeResult(TypedDict, total=False):
    VolumeModification: VolumeModification


class OperatorRequest(TypedDict, total=False):
    Principal: str


class OperatorResponse(TypedDict, total=False):
    Managed: bool
    Principal: str
    HiddenByDefault: bool


class ProductCode(TypedDict, total=False):
    ProductCodeId: str
    ProductCodeType: str


class Region(TypedDict, total=False):
    OptInStatus: str
    Geography: list[RegionGeography]
    RegionName: str
    Endpoint: str


class RegionGeography(TypedDict, total=False):
    Name: str


class RegisterImageRequest(TypedDict, total=False):
    ImageLocation: str
    BillingProducts: list[str]
    BootMode: str
    TpmSupport: str
    UefiData: str
    ImdsSupport: str
    TagSpecifications: list[TagSpecification]
    DryRun: bool
    Name: Required[str]
    Description: str
    Architecture: str
    KernelId: str
    RamdiskId: str
    RootDeviceName: str
    BlockDeviceMappings: list[BlockDeviceMapping]
    VirtualizationType: str
    SriovNetSupport: str
    EnaSupport: bool


class RegisterImageResult(TypedDict, total=False):
    ImageId: str


class ResetEbsDefaultKmsKeyIdRequest(TypedDict, total=False):
    DryRun: bool


class ResetEbsDefaultKmsKeyIdResult(TypedDict, total=False):
    KmsKeyId: str


class ResetImageAttributeRequest(TypedDict, total=False):
    Attribute: Required[str]
    ImageId: Required[str]
    DryRun: bool


class ResetSnapshotAttributeRequest(TypedDict, total=False):
    Attribute: Required[str]
    SnapshotId: Required[str]
    DryRun: bool


class ScanResults(TypedDict, total=False):
    HighestFindingSeverityLabel: str
    FindingScanDate: datetime
    InformationalFixAvailableSince: datetime
    LowFixAvailableSince: datetime
    MediumFixAvailableSince: datetime
    HighFixAvailableSince: datetime
    CriticalFixAvailableSince: datetime


class Snapshot(TypedDict, total=False):
    OwnerAlias: str
    OutpostArn: str
    Tags: list[Tag]
    StorageTier: str
    RestoreExpiryTime: datetime
    SseType: str
    AvailabilityZone: str
    TransferType: str
    CompletionDurationMinutes: int
    CompletionTime: datetime
    FullSnapshotSizeInBytes: int
    AssociatedKmsKeys: list[AssociatedKmsKey]
    SnapshotId: str
    VolumeId: str
    State: str
    StateMessage: str
    StartTime: datetime
    Progress: str
    OwnerId: str
    Description: str
    VolumeSize: int
    Encrypted: bool
    KmsKeyId: str
    DataEncryptionKeyId: str


class SnapshotDetail(TypedDict, total=False):
    Description: str
    DeviceName: str
    DiskImageSize: float
    Format: str
    Progress: str
    SnapshotId: str
    Status: str
    StatusMessage: str
    Url: str
    UserBucket: UserBucketDetails


class SnapshotDiskContainer(TypedDict, total=False):
    Description: str
    Format: str
    Url: str
    UserBucket: UserBucket


class SnapshotInfo(TypedDict, total=False):
    Description: str
    Tags: list[Tag]
    Encrypted: bool
    VolumeId: str
    State: str
    VolumeSize: int
    StartTime: datetime
    Progress: str
    OwnerId: str
    SnapshotId: str
    OutpostArn: str
    SseType: str
    AvailabilityZone: str


class SnapshotTaskDetail(TypedDict, total=False):
    Description: str
    DiskImageSize: float
    Encrypted: bool
    Format: str
    KmsKeyId: str
    Progress: str
    SnapshotId: str
    Status: str
    StatusMessage: str
    Url: str
    UserBucket: UserBucketDetails


class StateReason(TypedDict, total=False):
    Code: str
    Message: str


class Tag(TypedDict, total=False):
    Key: str
    Value: str


class TagDescription(TypedDict, total=False):
    Key: str
    ResourceId: str
    ResourceType: str
    Value: str


class TagSpecification(TypedDict, total=False):
    ResourceType: str
    Tags: list[Tag]


class UserBucket(TypedDict, total=False):
    S3Bucket: str
    S3Key: str


class UserBucketDetails(TypedDict, total=False):
    S3Bucket: str
    S3Key: str


class Volume(TypedDict, total=False):
    AvailabilityZoneId: str
    OutpostArn: str
    SourceVolumeId: str
    Iops: int
    Tags: list[Tag]
    VolumeType: str
    FastRestored: bool
    MultiAttachEnabled: bool
    Throughput: int
    SseType: str
    Operator: OperatorResponse
    VolumeInitializationRate: int
    VolumeArn: str
    OwnerId: str
    VolumeId: str
    Size: int
    SnapshotId: str
    AvailabilityZone: str
    State: str
    CreateTime: datetime
    Attachments: list[VolumeAttachment]
    Encrypted: bool
    KmsKeyId: str


class VolumeAttachment(TypedDict, total=False):
    DeleteOnTermination: bool
    AssociatedResource: str
    InstanceOwningService: str
    EbsCardIndex: int
    VolumeId: str
    InstanceId: str
    Device: str
    State: str
    AttachTime: datetime


class VolumeModification(TypedDict, total=False):
    VolumeId: str
    ModificationState: str
    StatusMessage: str
    TargetSize: int
    TargetIops: int
    TargetVolumeType: str
    TargetThroughput: int
    TargetMultiAttachEnabled: bool
    OriginalSize: int
    OriginalIops: int
    OriginalVolumeType: str
    OriginalThroughput: int
    OriginalMultiAttachEnabled: bool
    Progress: int
    StartTime: datetime
    EndTime: datetime
    Operator: OperatorResponse


class VolumeStatusAction(TypedDict, total=False):
    Code: str
    Description: str
    EventId: str
    EventType: str


class VolumeStatusAttachmentStatus(TypedDict, total=False):
    IoPerformance: str
    InstanceId: str


class VolumeStatusDetails(TypedDict, total=False):
    Name: str
    Status: str


class VolumeStatusEvent(TypedDict, total=False):
    Description: str
    EventId: str
    EventType: str
    NotAfter: datetime
    NotBefore: datetime
    InstanceId: str


class VolumeStatusInfo(TypedDict, total=False):
    Details: list[VolumeStatusDetails]
    Status: str


class VolumeStatusItem(TypedDict, total=False):
    Actions: list[VolumeStatusAction]
    AvailabilityZone: str
    OutpostArn: str
    Events: list[VolumeStatusEvent]
    VolumeId: str
    VolumeStatus: VolumeStatusInfo
    AttachmentStatuses: list[VolumeStatusAttachmentStatus]
    InitializationStatusDetails: InitializationStatusDetails
    AvailabilityZoneId: str
    Operator: OperatorResponse
