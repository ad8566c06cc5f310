"""EC2 2016-11-15. Generated: see generator.py."""

from __future__ import annotations

from datetime import datetime
from typing import Required, TypedDict


class AccountAttribute(TypedDict, total=False):
    AttributeName: str
    AttributeValues: list[AccountAttributeValue]


class AccountAttributeValue(TypedDict, total=False):
    AttributeValue: str


class ApplicationStatusSummary(TypedDict, total=False):
    Status: str
    ImpairedSince: datetime


class AssociateRouteTableRequest(TypedDict, total=False):
    GatewayId: str
    PublicIpv4Pool: str
    DryRun: bool
    SubnetId: str
    RouteTableId: Required[str]


class AssociateRouteTableResult(TypedDict, total=False):
    AssociationId: str
    AssociationState: RouteTableAssociationState


class AssociatedKmsKey(TypedDict, total=False):
    KmsKeyId: str


class AttachInternetGatewayRequest(TypedDict, total=False):
    DryRun: bool
    InternetGatewayId: Required[str]
    VpcId: Required[str]


class AttachVolumeRequest(TypedDict, total=False):
    Device: Required[str]
    InstanceId: Required[str]
    VolumeId: Required[str]
    EbsCardIndex: int
    DryRun: bool


class AttachmentEnaSrdSpecification(TypedDict, total=False):
    EnaSrdEnabled: bool
    EnaSrdUdpSpecification: AttachmentEnaSrdUdpSpecification


class AttachmentEnaSrdUdpSpecification(TypedDict, total=False):
    EnaSrdUdpEnabled: bool


class AttributeBooleanValue(TypedDict, total=False):
    Value: bool


class AttributeValue(TypedDict, total=False):
    Value: str


class AuthorizeSecurityGroupEgressRequest(TypedDict, total=False):
    TagSpecifications: list[TagSpecification]
    DryRun: bool
    GroupId: Required[str]
    SourceSecurityGroupName: str
    SourceSecurityGroupOwnerId: str
    IpProtocol: str
    FromPort: int
    ToPort: int
    CidrIp: str
    IpPermissions: list[IpPermission]


class AuthorizeSecurityGroupEgressResult(TypedDict, total=False):
    Return: bool
    SecurityGroupRules: list[SecurityGroupRule]


class AuthorizeSecurityGroupIngressRequest(TypedDict, total=False):
    CidrIp: str
    FromPort: int
    GroupId: str
    GroupName: str
    IpPermissions: list[IpPermission]
    IpProtocol: str
    SourceSecurityGroupName: str
    SourceSecurityGroupOwnerId: str
    ToPort: int
    TagSpecifications: list[TagSpecification]
    DryRun: bool


class AuthorizeSecurityGroupIngressResult(TypedDict, total=False):
    Return: bool
    SecurityGroupRules: list[SecurityGroupRule]


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


class BlockPublicAccessStates(TypedDict, total=False):
    InternetGatewayBlockMode: str


class CancelConversionRequest(TypedDict, total=False):
    DryRun: bool
    ConversionTaskId: Required[str]
    ReasonMessage: str


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


class CapacityReservationSpecification(TypedDict, total=False):
    CapacityReservationPreference: str
    CapacityReservationTarget: CapacityReservationTarget


class CapacityReservationSpecificationResponse(TypedDict, total=False):
    CapacityReservationPreference: str
    CapacityReservationTarget: CapacityReservationTargetResponse


class CapacityReservationTarget(TypedDict, total=False):
    CapacityReservationId: str
    CapacityReservationResourceGroupArn: str


class CapacityReservationTargetResponse(TypedDict, total=False):
    CapacityReservationId: str
    CapacityReservationResourceGroupArn: str


class ClientData(TypedDict, total=False):
    Comment: str
    UploadEnd: datetime
    UploadSize: float
    UploadStart: datetime


class ConnectionTrackingConfiguration(TypedDict, total=False):
    TcpEstablishedTimeout: int
    UdpStreamTimeout: int
    UdpTimeout: int


class ConnectionTrackingSpecificationRequest(TypedDict, total=False):
    TcpEstablishedTimeout: int
    UdpStreamTimeout: int
    UdpTimeout: int


class ConnectionTrackingSpecificationResponse(TypedDict, total=False):
    TcpEstablishedTimeout: int
    UdpStreamTimeout: int
    UdpTimeout: int


class ConversionTask(TypedDict, total=False):
    ConversionTaskId: str
    ExpirationTime: str
    ImportInstance: ImportInstanceTaskDetails
    ImportVolume: ImportVolumeTaskDetails
    State: str
    StatusMessage: str
    Tags: list[Tag]


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


class CpuOptions(TypedDict, total=False):
    CoreCount: int
    ThreadsPerCore: int
    AmdSevSnp: str
    NestedVirtualization: str


class CpuOptionsRequest(TypedDict, total=False):
    CoreCount: int
    ThreadsPerCore: int
    AmdSevSnp: str
    NestedVirtualization: str


class CreateDefaultSubnetRequest(TypedDict, total=False):
    AvailabilityZone: str
    DryRun: bool
    Ipv6Native: bool
    AvailabilityZoneId: str


class CreateDefaultSubnetResult(TypedDict, total=False):
    Subnet: Subnet


class CreateDefaultVpcRequest(TypedDict, total=False):
    DryRun: bool


class CreateDefaultVpcResult(TypedDict, total=False):
    Vpc: Vpc


class CreateImageRequest(TypedDict, total=False):
    TagSpecifications: list[TagSpecification]
    SnapshotLocation: str
    BootModeOverride: str
    DryRun: bool
    InstanceId: Required[str]
    Name: Required[str]
    Description: str
    NoReboot: bool
    BlockDeviceMappings: list[BlockDeviceMapping]


class CreateImageResult(TypedDict, total=False):
    ImageId: str


class CreateInstanceExportTaskRequest(TypedDict, total=False):
    TagSpecifications: list[TagSpecification]
    Description: str
    InstanceId: Required[str]
    TargetEnvironment: Required[str]
    ExportToS3Task: Required[ExportToS3TaskSpecification]


class CreateInstanceExportTaskResult(TypedDict, total=False):
    ExportTask: ExportTask


class CreateInternetGatewayRequest(TypedDict, total=False):
    TagSpecifications: list[TagSpecification]
    DryRun: bool


class CreateInternetGatewayResult(TypedDict, total=False):
    InternetGateway: InternetGateway


class CreateKeyPairRequest(TypedDict, total=False):
    KeyName: Required[str]
    KeyType: str
    TagSpecifications: list[TagSpecification]
    KeyFormat: str
    DryRun: bool


class CreateNetworkInterfaceRequest(TypedDict, total=False):
    Ipv4Prefixes: list[Ipv4PrefixSpecificationRequest]
    Ipv4PrefixCount: int
    Ipv6Prefixes: list[Ipv6PrefixSpecificationRequest]
    Ipv6PrefixCount: int
    InterfaceType: str
    TagSpecifications: list[TagSpecification]
    ClientToken: str
    EnablePrimaryIpv6: bool
    ConnectionTrackingSpecification: ConnectionTrackingSpecificationRequest
    Operator: OperatorRequest
    SubnetId: Required[str]
    Description: str
    PrivateIpAddress: str
    Groups: list[str]
    PrivateIpAddresses: list[PrivateIpAddressSpecification]
    SecondaryPrivateIpAddressCount: int
    Ipv6Addresses: list[InstanceIpv6Address]
    Ipv6AddressCount: int
    DryRun: bool


class CreateNetworkInterfaceResult(TypedDict, total=False):
    NetworkInterface: NetworkInterface
    ClientToken: str


class CreateRouteRequest(TypedDict, total=False):
    DestinationPrefixListId: str
    VpcEndpointId: str
    TransitGatewayId: str
    LocalGatewayId: str
    CarrierGatewayId: str
    CoreNetworkArn: str
    OdbNetworkArn: str
    DryRun: bool
    RouteTableId: Required[str]
    DestinationCidrBlock: str
    GatewayId: str
    DestinationIpv6CidrBlock: str
    EgressOnlyInternetGatewayId: str
    InstanceId: str
    NetworkInterfaceId: str
    VpcPeeringConnectionId: str
    NatGatewayId: str


class CreateRouteResult(TypedDict, total=False):
    Return: bool


class CreateRouteTableRequest(TypedDict, total=False):
    TagSpecifications: list[TagSpecification]
    ClientToken: str
    DryRun: bool
    VpcId: Required[str]


class CreateRouteTableResult(TypedDict, total=False):
    RouteTable: RouteTable
    ClientToken: str


class CreateSecurityGroupRequest(TypedDict, total=False):
    Description: Required[str]
    GroupName: Required[str]
    VpcId: str
    TagSpecifications: list[TagSpecification]
    DryRun: bool


class CreateSecurityGroupResult(TypedDict, total=False):
    GroupId: str
    Tags: list[Tag]
    SecurityGroupArn: str


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


class CreateSubnetRequest(TypedDict, total=False):
    TagSpecifications: list[TagSpecification]
    AvailabilityZone: str
    AvailabilityZoneId: str
    CidrBlock: str
    Ipv6CidrBlock: str
    OutpostArn: str
    VpcId: Required[str]
    Ipv6Native: bool
    Ipv4IpamPoolId: str
    Ipv4NetmaskLength: int
    Ipv6IpamPoolId: str
    Ipv6NetmaskLength: int
    DryRun: bool


class CreateSubnetResult(TypedDict, total=False):
    Subnet: Subnet


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


class CreateVpcRequest(TypedDict, total=False):
    CidrBlock: str
    Ipv6Pool: str
    Ipv6CidrBlock: str
    Ipv4IpamPoolId: str
    Ipv4NetmaskLength: int
    Ipv6IpamPoolId: str
    Ipv6NetmaskLength: int
    Ipv6CidrBlockNetworkBorderGroup: str
    VpcEncryptionControl: VpcEncryptionControlConfiguration
    TagSpecifications: list[TagSpecification]
    DryRun: bool
    InstanceTenancy: str
    AmazonProvidedIpv6CidrBlock: bool


class CreateVpcResult(TypedDict, total=False):
    Vpc: Vpc


class CreditSpecificationRequest(TypedDict, total=False):
    CpuCredits: Required[str]


class DefaultConnectionTrackingConfiguration(TypedDict, total=False):
    DefaultTcpEstablishedTimeout: int
    DefaultUdpTimeout: int
    DefaultUdpStreamTimeout: int


class DeleteInternetGatewayRequest(TypedDict, total=False):
    DryRun: bool
    InternetGatewayId: Required[str]


class DeleteKeyPairRequest(TypedDict, total=False):
    KeyName: str
    KeyPairId: str
    DryRun: bool


class DeleteKeyPairResult(TypedDict, total=False):
    Return: bool
    KeyPairId: str


class DeleteNetworkInterfaceRequest(TypedDict, total=False):
    DryRun: bool
    NetworkInterfaceId: Required[str]


class DeleteRouteRequest(TypedDict, total=False):
    DestinationPrefixListId: str
    DryRun: bool
    RouteTableId: Required[str]
    DestinationCidrBlock: str
    DestinationIpv6CidrBlock: str


class DeleteRouteTableRequest(TypedDict, total=False):
    DryRun: bool
    RouteTableId: Required[str]


class DeleteSecurityGroupRequest(TypedDict, total=False):
    GroupId: str
    GroupName: str
    DryRun: bool


class DeleteSecurityGroupResult(TypedDict, total=False):
    Return: bool
    GroupId: str


class DeleteSnapshotRequest(TypedDict, total=False):
    SnapshotId: Required[str]
    DryRun: bool


class DeleteSnapshotReturnCode(TypedDict, total=False):
    SnapshotId: str
    ReturnCode: str


class DeleteSubnetRequest(TypedDict, total=False):
    SubnetId: Required[str]
    DryRun: bool


class DeleteTagsRequest(TypedDict, total=False):
    DryRun: bool
    Resources: Required[list[str]]
    Tags: list[Tag]


class DeleteVolumeRequest(TypedDict, total=False):
    VolumeId: Required[str]
    DryRun: bool


class DeleteVpcRequest(TypedDict, total=False):
    VpcId: Required[str]
    DryRun: bool


class DeregisterImageRequest(TypedDict, total=False):
    ImageId: Required[str]
    DeleteAssociatedSnapshots: bool
    DryRun: bool


class DeregisterImageResult(TypedDict, total=False):
    Return: bool
    DeleteSnapshotResults: list[DeleteSnapshotReturnCode]


class DescribeAccountAttributesRequest(TypedDict, total=False):
    DryRun: bool
    AttributeNames: list[str]


class DescribeAccountAttributesResult(TypedDict, total=False):
    AccountAttributes: list[AccountAttribute]


class DescribeAvailabilityZonesRequest(TypedDict, total=False):
    ZoneNames: list[str]
    ZoneIds: list[str]
    AllAvailabilityZones: bool
    DryRun: bool
    Filters: list[Filter]


class DescribeAvailabilityZonesResult(TypedDict, total=False):
    AvailabilityZones: list[AvailabilityZone]


class DescribeConversionTasksRequest(TypedDict, total=False):
    DryRun: bool
    ConversionTaskIds: list[str]


class DescribeConversionTasksResult(TypedDict, total=False):
    ConversionTasks: list[ConversionTask]


class DescribeDhcpOptionsRequest(TypedDict, total=False):
    DhcpOptionsIds: list[str]
    NextToken: str
    MaxResults: int
    DryRun: bool
    Filters: list[Filter]


class DescribeDhcpOptionsResult(TypedDict, total=False):
    NextToken: str
    DhcpOptions: list[DhcpOptions]


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


class DescribeInstanceAttributeRequest(TypedDict, total=False):
    DryRun: bool
    InstanceId: Required[str]
    Attribute: Required[str]


class DescribeInstanceCreditSpecificationsRequest(TypedDict, total=False):
    DryRun: bool
    Filters: list[Filter]
    InstanceIds: list[str]
    MaxResults: int
    NextToken: str


class DescribeInstanceCreditSpecificationsResult(TypedDict, total=False):
    InstanceCreditSpecifications: list[InstanceCreditSpecification]
    NextToken: str


class DescribeInstanceStatusRequest(TypedDict, total=False):
    InstanceIds: list[str]
    MaxResults: int
    NextToken: str
    IncludeManagedResources: bool
    DryRun: bool
    Filters: list[Filter]
    IncludeAllInstances: bool


class DescribeInstanceStatusResult(TypedDict, total=False):
    InstanceStatuses: list[InstanceStatus]
    NextToken: str


class DescribeInstanceTypeOfferingsRequest(TypedDict, total=False):
    DryRun: bool
    LocationType: str
    Filters: list[Filter]
    MaxResults: int
    NextToken: str


class DescribeInstanceTypeOfferingsResult(TypedDict, total=False):
    InstanceTypeOfferings: list[InstanceTypeOffering]
    NextToken: str


class DescribeInstanceTypesRequest(TypedDict, total=False):
    DryRun: bool
    InstanceTypes: list[str]
    Filters: list[Filter]
    MaxResults: int
    NextToken: str
    IncludeUnsupportedInRegion: bool


class DescribeInstanceTypesResult(TypedDict, total=False):
    InstanceTypes: list[InstanceTypeInfo]
    NextToken: str


class DescribeInstancesRequest(TypedDict, total=False):
    InstanceIds: list[str]
    IncludeManagedResources: bool
    DryRun: bool
    Filters: list[Filter]
    NextToken: str
    MaxResults: int


class DescribeInstancesResult(TypedDict, total=False):
    NextToken: str
    Reservations: list[Reservation]


class DescribeInternetGatewaysRequest(TypedDict, total=False):
    NextToken: str
    MaxResults: int
    DryRun: bool
    InternetGatewayIds: list[str]
    Filters: list[Filter]


class DescribeInternetGatewaysResult(TypedDict, total=False):
    InternetGateways: list[InternetGateway]
    NextToken: str


class DescribeKeyPairsRequest(TypedDict, total=False):
    KeyNames: list[str]
    KeyPairIds: list[str]
    IncludePublicKey: bool
    DryRun: bool
    Filters: list[Filter]


class DescribeKeyPairsResult(TypedDict, total=False):
    KeyPairs: list[KeyPairInfo]


class DescribeNetworkAclsRequest(TypedDict, total=False):
    NextToken: str
    MaxResults: int
    DryRun: bool
    NetworkAclIds: list[str]
    Filters: list[Filter]


class DescribeNetworkAclsResult(TypedDict, total=False):
    NetworkAcls: list[NetworkAcl]
    NextToken: str


class DescribeNetworkInterfacesRequest(TypedDict, total=False):
    NextToken: str
    MaxResults: int
    IncludeManagedResources: bool
    DryRun: bool
    NetworkInterfaceIds: list[str]
    Filters: list[Filter]


class DescribeNetworkInterfacesResult(TypedDict, total=False):
    NetworkInterfaces: list[NetworkInterface]
    NextToken: str


class DescribeRegionsRequest(TypedDict, total=False):
    RegionNames: list[str]
    AllRegions: bool
    DryRun: bool
    Filters: list[Filter]


class DescribeRegionsResult(TypedDict, total=False):
    Regions: list[Region]


class DescribeRouteTablesRequest(TypedDict, total=False):
    NextToken: str
    MaxResults: int
    DryRun: bool
    RouteTableIds: list[str]
    Filters: list[Filter]


class DescribeRouteTablesResult(TypedDict, total=False):
    RouteTables: list[RouteTable]
    NextToken: str


class DescribeSecurityGroupRulesRequest(TypedDict, total=False):
    Filters: list[Filter]
    SecurityGroupRuleIds: list[str]
    DryRun: bool
    NextToken: str
    MaxResults: int


class DescribeSecurityGroupRulesResult(TypedDict, total=False):
    SecurityGroupRules: list[SecurityGroupRule]
    NextToken: str


class DescribeSecurityGroupsRequest(TypedDict, total=False):
    GroupIds: list[str]
    GroupNames: list[str]
    NextToken: str
    MaxResults: int
    DryRun: bool
    Filters: list[Filter]


class DescribeSecurityGroupsResult(TypedDict, total=False):
    NextToken: str
    SecurityGroups: list[SecurityGroup]


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


class DescribeSubnetsRequest(TypedDict, total=False):
    Filters: list[Filter]
    SubnetIds: list[str]
    NextToken: str
    MaxResults: int
    DryRun: bool


class DescribeSubnetsResult(TypedDict, total=False):
    NextToken: str
    Subnets: list[Subnet]


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


class DescribeVpcAttributeRequest(TypedDict, total=False):
    Attribute: Required[str]
    VpcId: Required[str]
    DryRun: bool


class DescribeVpcAttributeResult(TypedDict, total=False):
    EnableDnsHostnames: AttributeBooleanValue
    EnableDnsSupport: AttributeBooleanValue
    EnableNetworkAddressUsageMetrics: AttributeBooleanValue
    VpcId: str


class DescribeVpcsRequest(TypedDict, total=False):
    Filters: list[Filter]
    VpcIds: list[str]
    NextToken: str
    MaxResults: int
    DryRun: bool


class DescribeVpcsResult(TypedDict, total=False):
    NextToken: str
    Vpcs: list[Vpc]


class DetachInternetGatewayRequest(TypedDict, total=False):
    DryRun: bool
    InternetGatewayId: Required[str]
    VpcId: Required[str]


class DetachVolumeRequest(TypedDict, total=False):
    Device: str
    Force: bool
    InstanceId: str
    VolumeId: Required[str]
    DryRun: bool


class DhcpConfiguration(TypedDict, total=False):
    Key: str
    Values: list[AttributeValue]


class DhcpOptions(TypedDict, total=False):
    OwnerId: str
    Tags: list[Tag]
    DhcpOptionsId: str
    DhcpConfigurations: list[DhcpConfiguration]


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


class DisassociateRouteTableRequest(TypedDict, total=False):
    DryRun: bool
    AssociationId: Required[str]


class DiskImage(TypedDict, total=False):
    Description: str
    Image: DiskImageDetail
    Volume: VolumeDetail


class DiskImageDescription(TypedDict, total=False):
    Checksum: str
    Format: str
    ImportManifestUrl: str
    Size: int


class DiskImageDetail(TypedDict, total=False):
    Format: Required[str]
    Bytes: Required[int]
    ImportManifestUrl: Required[str]


class DiskImageVolumeDescription(TypedDict, total=False):
    Id: str
    Size: int


class DiskInfo(TypedDict, total=False):
    SizeInGB: int
    Count: int
    Type: str


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


class EbsCardInfo(TypedDict, total=False):
    EbsCardIndex: int
    BaselineBandwidthInMbps: int
    BaselineThroughputInMBps: float
    BaselineIops: int
    MaximumBandwidthInMbps: int
    MaximumThroughputInMBps: float
    MaximumIops: int


class EbsInfo(TypedDict, total=False):
    EbsOptimizedSupport: str
    EncryptionSupport: str
    EbsOptimizedInfo: EbsOptimizedInfo
    NvmeSupport: str
    MaximumEbsAttachments: int
    AttachmentLimitType: str
    MaximumEbsCards: int
    EbsCards: list[EbsCardInfo]


class EbsInstanceBlockDevice(TypedDict, total=False):
    AttachTime: datetime
    DeleteOnTermination: bool
    Status: str
    VolumeId: str
    AssociatedResource: str
    VolumeOwnerId: str
    Operator: OperatorResponse
    EbsCardIndex: int


class EbsInstanceBlockDeviceSpecification(TypedDict, total=False):
    VolumeId: str
    DeleteOnTermination: bool


class EbsOptimizedInfo(TypedDict, total=False):
    BaselineBandwidthInMbps: int
    BaselineThroughputInMBps: float
    BaselineIops: int
    MaximumBandwidthInMbps: int
    MaximumThroughputInMBps: float
    MaximumIops: int


class EbsStatusDetails(TypedDict, total=False):
    ImpairedSince: datetime
    Name: str
    Status: str


class EbsStatusSummary(TypedDict, total=False):
    Details: list[EbsStatusDetails]
    Status: str


class EfaInfo(TypedDict, total=False):
    MaximumEfaInterfaces: int


class ElasticGpuAssociation(TypedDict, total=False):
    ElasticGpuId: str
    ElasticGpuAssociationId: str
    ElasticGpuAssociationState: str
    ElasticGpuAssociationTime: str


class ElasticGpuSpecification(TypedDict, total=False):
    Type: Required[str]


class ElasticInferenceAccelerator(TypedDict, total=False):
    Type: Required[str]
    Count: int


class ElasticInferenceAcceleratorAssociation(TypedDict, total=False):
    ElasticInferenceAcceleratorArn: str
    ElasticInferenceAcceleratorAssociationId: str
    ElasticInferenceAcceleratorAssociationState: str
    ElasticInferenceAcceleratorAssociationTime: datetime


class EnaSrdSpecification(TypedDict, total=False):
    EnaSrdEnabled: bool
    EnaSrdUdpSpecification: EnaSrdUdpSpecification


class EnaSrdSpecificationRequest(TypedDict, total=False):
    EnaSrdEnabled: bool
    EnaSrdUdpSpecification: EnaSrdUdpSpecificationRequest


class EnaSrdUdpSpecification(TypedDict, total=False):
    EnaSrdUdpEnabled: bool


class EnaSrdUdpSpecificationRequest(TypedDict, total=False):
    EnaSrdUdpEnabled: bool


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


class EnclaveOptions(TypedDict, total=False):
    Enabled: bool


class EnclaveOptionsRequest(TypedDict, total=False):
    Enabled: bool


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


class ExportToS3TaskSpecification(TypedDict, total=False):
    DiskImageFormat: str
    ContainerFormat: str
    S3Bucket: str
    S3Prefix: str


class Filter(TypedDict, total=False):
    Name: str
    Values: list[str]


class FpgaDeviceInfo(TypedDict, total=False):
    Name: str
    Manufacturer: str
    Count: int
    MemoryInfo: FpgaDeviceMemoryInfo


class FpgaDeviceMemoryInfo(TypedDict, total=False):
    SizeInMiB: int


class FpgaInfo(TypedDict, total=False):
    Fpgas: list[FpgaDeviceInfo]
    TotalFpgaMemoryInMiB: int


class GetConsoleOutputRequest(TypedDict, total=False):
    InstanceId: Required[str]
    Latest: bool
    DryRun: bool


class GetConsoleOutputResult(TypedDict, total=False):
    InstanceId: str
    Timestamp: datetime
    Output: str


class GetConsoleScreenshotRequest(TypedDict, total=False):
    DryRun: bool
    InstanceId: Required[str]
    WakeUp: bool


class GetConsoleScreenshotResult(TypedDict, total=False):
    ImageData: str
    InstanceId: str


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


class GetPasswordDataRequest(TypedDict, total=False):
    InstanceId: Required[str]
    DryRun: bool


class GetPasswordDataResult(TypedDict, total=False):
    InstanceId: str
    Timestamp: datetime
    PasswordData: str


class GetSnapshotBlockPublicAccessStateRequest(TypedDict, total=False):
    DryRun: bool


class GetSnapshotBlockPublicAccessStateResult(TypedDict, total=False):
    State: str
    ManagedBy: str


class GpuDeviceInfo(TypedDict, total=False):
    Name: str
    Manufacturer: str
    Count: int
    LogicalGpuCount: int
    GpuPartitionSize: float
    Workloads: list[str]
    MemoryInfo: GpuDeviceMemoryInfo


class GpuDeviceMemoryInfo(TypedDict, total=False):
    SizeInMiB: int


class GpuInfo(TypedDict, total=False):
    Gpus: list[GpuDeviceInfo]
    TotalGpuMemoryInMiB: int


class GroupIdentifier(TypedDict, total=False):
    GroupId: str
    GroupName: str


class HibernationOptions(TypedDict, total=False):
    Configured: bool


class HibernationOptionsRequest(TypedDict, total=False):
    Configured: bool


class IamInstanceProfile(TypedDict, total=False):
    Arn: str
    Id: str


class IamInstanceProfileSpecification(TypedDict, total=False):
    Arn: str
    Name: str


class IcmpTypeCode(TypedDict, total=False):
    Code: int
    Type: int


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


class ImportInstanceLaunchSpecification(TypedDict, total=False):
    Architecture: str
    GroupNames: list[str]
    GroupIds: list[str]
    AdditionalInfo: str
    UserData: UserData
    InstanceType: str
    Placement: Placement
    Monitoring: bool
    SubnetId: str
    InstanceInitiatedShutdownBehavior: str
    PrivateIpAddress: str


class ImportInstanceRequest(TypedDict, total=False):
    DryRun: bool
    Description: str
    LaunchSpecification: ImportInstanceLaunchSpecification
    DiskImages: list[DiskImage]
    Platform: Required[str]


class ImportInstanceResult(TypedDict, total=False):
    ConversionTask: ConversionTask


class ImportInstanceTaskDetails(TypedDict, total=False):
    Description: str
    InstanceId: str
    Platform: str
    Volumes: list[ImportInstanceVolumeDetailItem]


class ImportInstanceVolumeDetailItem(TypedDict, total=False):
    AvailabilityZone: str
    AvailabilityZoneId: str
    BytesConverted: int
    Description: str
    Image: DiskImageDescription
    Status: str
    StatusMessage: str
    Volume: DiskImageVolumeDescription


class ImportKeyPairRequest(TypedDict, total=False):
    TagSpecifications: list[TagSpecification]
    DryRun: bool
    KeyName: Required[str]
    PublicKeyMaterial: Required[bytes]


class ImportKeyPairResult(TypedDict, total=False):
    KeyFingerprint: str
    KeyName: str
    KeyPairId: str
    Tags: list[Tag]


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


class ImportVolumeRequest(TypedDict, total=False):
    AvailabilityZoneId: str
    DryRun: bool
    AvailabilityZone: str
    Image: Required[DiskImageDetail]
    Description: str
    Volume: Required[VolumeDetail]


class ImportVolumeResult(TypedDict, total=False):
    ConversionTask: ConversionTask


class ImportVolumeTaskDetails(TypedDict, total=False):
    AvailabilityZone: str
    AvailabilityZoneId: str
    BytesConverted: int
    Description: str
    Image: DiskImageDescription
    Volume: DiskImageVolumeDescription


class InferenceAcceleratorInfo(TypedDict, total=False):
    Accelerators: list[InferenceDeviceInfo]
    TotalInferenceMemoryInMiB: int


class InferenceDeviceInfo(TypedDict, total=False):
    Count: int
    Name: str
    Manufacturer: str
    MemoryInfo: InferenceDeviceMemoryInfo


class InferenceDeviceMemoryInfo(TypedDict, total=False):
    SizeInMiB: int


class InitializationStatusDetails(TypedDict, total=False):
    InitializationType: str
    Progress: int
    EstimatedTimeToCompleteInSeconds: int


class Instance(TypedDict, total=False):
    Architecture: str
    BlockDeviceMappings: list[InstanceBlockDeviceMapping]
    ClientToken: str
    EbsOptimized: bool
    EnaSupport: bool
    Hypervisor: str
    IamInstanceProfile: IamInstanceProfile
    InstanceLifecycle: str
    ElasticGpuAssociations: list[ElasticGpuAssociation]
    ElasticInferenceAcceleratorAssociations: list[ElasticInferenceAcceleratorAssociation]
    NetworkInterfaces: list[InstanceNetworkInterface]
    OutpostArn: str
    RootDeviceName: str
    RootDeviceType: str
    SecurityGroups: list[GroupIdentifier]
    SourceDestCheck: bool
    SpotInstanceRequestId: str
    SriovNetSupport: str
    StateReason: StateReason
    Tags: list[Tag]
    VirtualizationType: str
    CpuOptions: CpuOptions
    CapacityBlockId: str
    CapacityReservationId: str
    CapacityReservationSpecification: CapacityReservationSpecificationResponse
    HibernationOptions: HibernationOptions
    Licenses: list[LicenseConfiguration]
    MetadataOptions: InstanceMetadataOptionsResponse
    EnclaveOptions: EnclaveOptions
    BootMode: str
    PlatformDetails: str
    UsageOperation: str
    UsageOperationUpdateTime: datetime
    PrivateDnsNameOptions: PrivateDnsNameOptionsResponse
    Ipv6Address: str
    TpmSupport: str
    MaintenanceOptions: InstanceMaintenanceOptions
    CurrentInstanceBootMode: str
    NetworkPerformanceOptions: InstanceNetworkPerformanceOptions
    Operator: OperatorResponse
    SecondaryInterfaces: list[InstanceSecondaryInterface]
    InstanceId: str
    ImageId: str
    State: InstanceState
    PrivateDnsName: str
    PublicDnsName: str
    StateTransitionReason: str
    KeyName: str
    AmiLaunchIndex: int
    ProductCodes: list[ProductCode]
    InstanceType: str
    LaunchTime: datetime
    Placement: Placement
    KernelId: str
    RamdiskId: str
    Platform: str
    Monitoring: Monitoring
    SubnetId: str
    VpcId: str
    PrivateIpAddress: str
    PublicIpAddress: str


class InstanceAttachmentEnaSrdSpecification(TypedDict, total=False):
    EnaSrdEnabled: bool
    EnaSrdUdpSpecification: InstanceAttachmentEnaSrdUdpSpecification


class InstanceAttachmentEnaSrdUdpSpecification(TypedDict, total=False):
    EnaSrdUdpEnabled: bool


class InstanceAttribute(TypedDict, total=False):
    BlockDeviceMappings: list[InstanceBlockDeviceMapping]
    DisableApiTermination: AttributeBooleanValue
    EnaSupport: AttributeBooleanValue
    EnclaveOptions: EnclaveOptions
    EbsOptimized: AttributeBooleanValue
    InstanceId: str
    InstanceInitiatedShutdownBehavior: AttributeValue
    InstanceType: AttributeValue
    KernelId: AttributeValue
    ProductCodes: list[ProductCode]
    RamdiskId: AttributeValue
    RootDeviceName: AttributeValue
    SourceDestCheck: AttributeBooleanValue
    SriovNetSupport: AttributeValue
    UserData: AttributeValue
    DisableApiStop: AttributeBooleanValue
    Groups: list[GroupIdentifier]


class InstanceBlockDeviceMapping(TypedDict, total=False):
    DeviceName: str
    Ebs: EbsInstanceBlockDevice


class InstanceBlockDeviceMappingSpecification(TypedDict, total=False):
    DeviceName: str
    Ebs: EbsInstanceBlockDeviceSpecification
    VirtualName: str
    NoDevice: str


class InstanceCreditSpecification(TypedDict, total=False):
    InstanceId: str
    CpuCredits: str


class InstanceCreditSpecificationRequest(TypedDict, total=False):
    InstanceId: Required[str]
    CpuCredits: str


class InstanceExportDetails(TypedDict, total=False):
    InstanceId: str
    TargetEnvironment: str


class InstanceIpv4Prefix(TypedDict, total=False):
    Ipv4Prefix: str


class InstanceIpv6Address(TypedDict, total=False):
    Ipv6Address: str
    IsPrimaryIpv6: bool


class InstanceIpv6Prefix(TypedDict, total=False):
    Ipv6Prefix: str


class InstanceMaintenanceOptions(TypedDict, total=False):
    AutoRecovery: str
    RebootMigration: str


class InstanceMaintenanceOptionsRequest(TypedDict, total=False):
    AutoRecovery: str


class InstanceMarketOptionsRequest(TypedDict, total=False):
    MarketType: str
    SpotOptions: SpotMarketOptions


class InstanceMetadataOptionsRequest(TypedDict, total=False):
    HttpTokens: str
    HttpPutResponseHopLimit: int
    HttpEndpoint: str
    HttpProtocolIpv6: str
    InstanceMetadataTags: str


class InstanceMetadataOptionsResponse(TypedDict, total=False):
    State: str
    HttpTokens: str
    HttpPutResponseHopLimit: int
    HttpEndpoint: str
    HttpProtocolIpv6: str
    InstanceMetadataTags: str


class InstanceMonitoring(TypedDict, total=False):
    InstanceId: str
    Monitoring: Monitoring


class InstanceNetworkInterface(TypedDict, total=False):
    Association: InstanceNetworkInterfaceAssociation
    Attachment: InstanceNetworkInterfaceAttachment
    Description: str
    Groups: list[GroupIdentifier]
    Ipv6Addresses: list[InstanceIpv6Address]
    MacAddress: str
    NetworkInterfaceId: str
    OwnerId: str
    PrivateDnsName: str
    PrivateIpAddress: str
    PrivateIpAddresses: list[InstancePrivateIpAddress]
    SourceDestCheck: bool
    Status: str
    SubnetId: str
    VpcId: str
    InterfaceType: str
    Ipv4Prefixes: list[InstanceIpv4Prefix]
    Ipv6Prefixes: list[InstanceIpv6Prefix]
    ConnectionTrackingConfiguration: ConnectionTrackingSpecificationResponse
    Operator: OperatorResponse


class InstanceNetworkInterfaceAssociation(TypedDict, total=False):
    CarrierIp: str
    CustomerOwnedIp: str
    IpOwnerId: str
    PublicDnsName: str
    PublicIp: str


class InstanceNetworkInterfaceAttachment(TypedDict, total=False):
    AttachTime: datetime
    AttachmentId: str
    DeleteOnTermination: bool
    DeviceIndex: int
    Status: str
    NetworkCardIndex: int
    EnaSrdSpecification: InstanceAttachmentEnaSrdSpecification
    EnaQueueCount: int


class InstanceNetworkInterfaceSpecification(TypedDict, total=False):
    AssociatePublicIpAddress: bool
    DeleteOnTermination: bool
    Description: str
    DeviceIndex: int
    Groups: list[str]
    Ipv6AddressCount: int
    Ipv6Addresses: list[InstanceIpv6Address]
    NetworkInterfaceId: str
    PrivateIpAddress: str
    PrivateIpAddresses: list[PrivateIpAddressSpecification]
    SecondaryPrivateIpAddressCount: int
    SubnetId: str
    AssociateCarrierIpAddress: bool
    InterfaceType: str
    NetworkCardIndex: int
    Ipv4Prefixes: list[Ipv4PrefixSpecificationRequest]
    Ipv4PrefixCount: int
    Ipv6Prefixes: list[Ipv6PrefixSpecificationRequest]
    Ipv6PrefixCount: int
    PrimaryIpv6: bool
    EnaSrdSpecification: EnaSrdSpecificationRequest
    ConnectionTrackingSpecification: ConnectionTrackingSpecificationRequest
    EnaQueueCount: int


class InstanceNetworkPerformanceOptions(TypedDict, total=False):
    BandwidthWeighting: str


class InstanceNetworkPerformanceOptionsRequest(TypedDict, total=False):
    BandwidthWeighting: str


class InstancePrivateIpAddress(TypedDict, total=False):
    Association: InstanceNetworkInterfaceAssociation
    Primary: bool
    PrivateDnsName: str
    PrivateIpAddress: str


class InstanceSecondaryInterface(TypedDict, total=False):
    Attachment: InstanceSecondaryInterfaceAttachment
    MacAddress: str
    SecondaryInterfaceId: str
    OwnerId: str
    PrivateIpAddresses: list[InstanceSecondaryInterfacePrivateIpAddress]
    SourceDestCheck: bool
    Status: str
    SecondarySubnetId: str
    SecondaryNetworkId: str
    InterfaceType: str


class InstanceSecondaryInterfaceAttachment(TypedDict, total=False):
    AttachTime: datetime
    AttachmentId: str
    DeleteOnTermination: bool
    DeviceIndex: int
    Status: str
    NetworkCardIndex: int


class InstanceSecondaryInterfacePrivateIpAddress(TypedDict, total=False):
    PrivateIpAddress: str


class InstanceSecondaryInterfacePrivateIpAddressRequest(TypedDict, total=False):
    PrivateIpAddress: Required[str]


class InstanceSecondaryInterfaceSpecificationRequest(TypedDict, total=False):
    DeleteOnTermination: bool
    DeviceIndex: int
    PrivateIpAddresses: list[InstanceSecondaryInterfacePrivateIpAddressRequest]
    PrivateIpAddressCount: int
    SecondarySubnetId: str
    InterfaceType: str
    NetworkCardIndex: int


class InstanceSpecification(TypedDict, total=False):
    InstanceId: Required[str]
    ExcludeBootVolume: bool
    ExcludeDataVolumeIds: list[str]


class InstanceState(TypedDict, total=False):
    Code: int
    Name: str


class InstanceStateChange(TypedDict, total=False):
    InstanceId: str
    CurrentState: InstanceState
    PreviousState: InstanceState


class InstanceStatus(TypedDict, total=False):
    AvailabilityZone: str
    AvailabilityZoneId: str
    OutpostArn: str
    Operator: OperatorResponse
    Events: list[InstanceStatusEvent]
    InstanceId: str
    InstanceState: InstanceState
    InstanceStatus: InstanceStatusSummary
    SystemStatus: InstanceStatusSummary
    AttachedEbsStatus: EbsStatusSummary
    ApplicationStatus: ApplicationStatusSummary
    PerformanceStatus: PerformanceStatusSummary


class InstanceStatusDetails(TypedDict, total=False):
    ImpairedSince: datetime
    Name: str
    Status: str


class InstanceStatusEvent(TypedDict, total=False):
    InstanceEventId: str
    Code: str
    Description: str
    NotAfter: datetime
    NotBefore: datetime
    NotBeforeDeadline: datetime


class InstanceStatusSummary(TypedDict, total=False):
    Details: list[InstanceStatusDetails]
    Status: str


class InstanceStorageInfo(TypedDict, total=False):
    TotalSizeInGB: int
    Disks: list[DiskInfo]
    NvmeSupport: str
    EncryptionSupport: str


class InstanceTypeInfo(TypedDict, total=False):
    InstanceType: str
    CurrentGeneration: bool
    FreeTierEligible: bool
    SupportedUsageClasses: list[str]
    SupportedRootDeviceTypes: list[str]
    SupportedVirtualizationTypes: list[str]
    BareMetal: bool
    Hypervisor: str
    ProcessorInfo: ProcessorInfo
    VCpuInfo: VCpuInfo
    MemoryInfo: MemoryInfo
    InstanceStorageSupported: bool
    InstanceStorageInfo: InstanceStorageInfo
    EbsInfo: EbsInfo
    NetworkInfo: NetworkInfo
    GpuInfo: GpuInfo
    FpgaInfo: FpgaInfo
    PlacementGroupInfo: PlacementGroupInfo
    InferenceAcceleratorInfo: InferenceAcceleratorInfo
    HibernationSupported: bool
    BurstablePerformanceSupported: bool
    DedicatedHostsSupported: bool
    AutoRecoverySupported: bool
    SupportedBootModes: list[str]
    NitroEnclavesSupport: str
    NitroTpmSupport: str
    NitroTpmInfo: NitroTpmInfo
    MediaAcceleratorInfo: MediaAcceleratorInfo
    NeuronInfo: NeuronInfo
    PhcSupport: str
    RebootMigrationSupport: str
    SupportedInRegion: bool


class InstanceTypeItem(TypedDict, total=False):
    InstanceType: str


class InstanceTypeOffering(TypedDict, total=False):
    InstanceType: str
    LocationType: str
    Location: str


class InstanceTypeSpecification(TypedDict, total=False):
    SupportedInstanceTypes: list[InstanceTypeItem]
    UnsupportedInstanceTypes: list[InstanceTypeItem]


class InternetGateway(TypedDict, total=False):
    Attachments: list[InternetGatewayAttachment]
    InternetGatewayId: str
    OwnerId: str
    Tags: list[Tag]


class InternetGatewayAttachment(TypedDict, total=False):
    State: str
    VpcId: str


class IpPermission(TypedDict, total=False):
    IpProtocol: str
    FromPort: int
    ToPort: int
    UserIdGroupPairs: list[UserIdGroupPair]
    IpRanges: list[IpRange]
    Ipv6Ranges: list[Ipv6Range]
    PrefixListIds: list[PrefixListId]


class IpRange(TypedDict, total=False):
    Description: str
    CidrIp: str


class Ipv4PrefixSpecification(TypedDict, total=False):
    Ipv4Prefix: str


class Ipv4PrefixSpecificationRequest(TypedDict, total=False):
    Ipv4Prefix: str


class Ipv6PrefixSpecification(TypedDict, total=False):
    Ipv6Prefix: str


class Ipv6PrefixSpecificationRequest(TypedDict, total=False):
    Ipv6Prefix: str


class Ipv6Range(TypedDict, total=False):
    Description: str
    CidrIpv6: str


class KeyPair(TypedDict, total=False):
    KeyPairId: str
    Tags: list[Tag]
    KeyName: str
    KeyFingerprint: str
    KeyMaterial: str


class KeyPairInfo(TypedDict, total=False):
    KeyPairId: str
    KeyType: str
    Tags: list[Tag]
    PublicKey: str
    CreateTime: datetime
    KeyName: str
    KeyFingerprint: str


class LaunchPermission(TypedDict, total=False):
    OrganizationArn: str
    OrganizationalUnitArn: str
    UserId: str
    Group: str


class LaunchPermissionModifications(TypedDict, total=False):
    Add: list[LaunchPermission]
    Remove: list[LaunchPermission]


class LaunchTemplateSpecification(TypedDict, total=False):
    LaunchTemplateId: str
    LaunchTemplateName: str
    Version: str


class LicenseConfiguration(TypedDict, total=False):
    LicenseConfigurationArn: str


class LicenseConfigurationRequest(TypedDict, total=False):
    LicenseConfigurationArn: str


class MediaAcceleratorInfo(TypedDict, total=False):
    Accelerators: list[MediaDeviceInfo]
    TotalMediaMemoryInMiB: int


class MediaDeviceInfo(TypedDict, total=False):
    Count: int
    Name: str
    Manufacturer: str
    MemoryInfo: MediaDeviceMemoryInfo


class MediaDeviceMemoryInfo(TypedDict, total=False):
    SizeInMiB: int


class MemoryInfo(TypedDict, total=False):
    SizeInMiB: int


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


class ModifyInstanceAttributeRequest(TypedDict, total=False):
    SourceDestCheck: AttributeBooleanValue
    EnclaveOptions: EnclaveOptionsRequest
    DisableApiStop: AttributeBooleanValue
    DryRun: bool
    InstanceId: Required[str]
    Attribute: str
    Value: str
    BlockDeviceMappings: list[InstanceBlockDeviceMappingSpecification]
    DisableApiTermination: AttributeBooleanValue
    InstanceType: AttributeValue
    Kernel: AttributeValue
    Ramdisk: AttributeValue
    UserData: SecureBlobAttributeValue
    InstanceInitiatedShutdownBehavior: AttributeValue
    Groups: list[str]
    EbsOptimized: AttributeBooleanValue
    SriovNetSupport: AttributeValue
    EnaSupport: AttributeBooleanValue


class ModifyInstanceCreditSpecificationRequest(TypedDict, total=False):
    DryRun: bool
    ClientToken: str
    InstanceCreditSpecifications: Required[list[InstanceCreditSpecificationRequest]]


class ModifyInstanceCreditSpecificationResult(TypedDict, total=False):
    SuccessfulInstanceCreditSpecifications: list[SuccessfulInstanceCreditSpecificationItem]
    UnsuccessfulInstanceCreditSpecifications: list[UnsuccessfulInstanceCreditSpecificationItem]


class ModifyInstanceMaintenanceOptionsRequest(TypedDict, total=False):
    InstanceId: Required[str]
    AutoRecovery: str
    RebootMigration: str
    DryRun: bool


class ModifyInstanceMaintenanceOptionsResult(TypedDict, total=False):
    InstanceId: str
    AutoRecovery: str
    RebootMigration: str


class ModifyInstanceMetadataOptionsRequest(TypedDict, total=False):
    InstanceId: Required[str]
    HttpTokens: str
    HttpPutResponseHopLimit: int
    HttpEndpoint: str
    DryRun: bool
    HttpProtocolIpv6: str
    InstanceMetadataTags: str


class ModifyInstanceMetadataOptionsResult(TypedDict, total=False):
    InstanceId: str
    InstanceMetadataOptions: InstanceMetadataOptionsResponse


class ModifyNetworkInterfaceAttributeRequest(TypedDict, total=False):
    EnaSrdSpecification: EnaSrdSpecification
    EnablePrimaryIpv6: bool
    ConnectionTrackingSpecification: ConnectionTrackingSpecificationRequest
    AssociatePublicIpAddress: bool
    AssociatedSubnetIds: list[str]
    DryRun: bool
    NetworkInterfaceId: Required[str]
    Description: AttributeValue
    SourceDestCheck: AttributeBooleanValue
    Groups: list[str]
    Attachment: NetworkInterfaceAttachmentChanges


class ModifySecurityGroupRulesRequest(TypedDict, total=False):
    GroupId: Required[str]
    SecurityGroupRules: Required[list[SecurityGroupRuleUpdate]]
    DryRun: bool


class ModifySecurityGroupRulesResult(TypedDict, total=False):
    Return: bool


class ModifySnapshotAttributeRequest(TypedDict, total=False):
    Attribute: str
    CreateVolumePermission: CreateVolumePermissionModifications
    GroupNames: list[str]
    OperationType: str
    SnapshotId: Required[str]
    UserIds: list[str]
    DryRun: bool


class ModifySubnetAttributeRequest(TypedDict, total=False):
    AssignIpv6AddressOnCreation: AttributeBooleanValue
    MapPublicIpOnLaunch: AttributeBooleanValue
    SubnetId: Required[str]
    MapCustomerOwnedIpOnLaunch: AttributeBooleanValue
    CustomerOwnedIpv4Pool: str
    EnableDns64: AttributeBooleanValue
    PrivateDnsHostnameTypeOnLaunch: str
    EnableResourceNameDnsARecordOnLaunch: AttributeBooleanValue
    EnableResourceNameDnsAAAARecordOnLaunch: AttributeBooleanValue
    EnableLniAtDeviceIndex: int
    DisableLniAtDeviceIndex: AttributeBooleanValue


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


class ModifyVpcAttributeRequest(TypedDict, total=False):
    EnableDnsHostnames: AttributeBooleanValue
    EnableDnsSupport: AttributeBooleanValue
    VpcId: Required[str]
    EnableNetworkAddressUsageMetrics: AttributeBooleanValue


class MonitorInstancesRequest(TypedDict, total=False):
    InstanceIds: Required[list[str]]
    MetricCategoryIds: list[str]
    DryRun: bool


class MonitorInstancesResult(TypedDict, total=False):
    InstanceMonitorings: list[InstanceMonitoring]


class Monitoring(TypedDict, total=False):
    MetricCategoryIds: list[str]
    State: str


class NetworkAcl(TypedDict, total=False):
    Associations: list[NetworkAclAssociation]
    Entries: list[NetworkAclEntry]
    IsDefault: bool
    NetworkAclId: str
    Tags: list[Tag]
    VpcId: str
    OwnerId: str


class NetworkAclAssociation(TypedDict, total=False):
    NetworkAclAssociationId: str
    NetworkAclId: str
    SubnetId: str


class NetworkAclEntry(TypedDict, total=False):
    CidrBlock: str
    Egress: bool
    IcmpTypeCode: IcmpTypeCode
    Ipv6CidrBlock: str
    PortRange: PortRange
    Protocol: str
    RuleAction: str
    RuleNumber: int


class NetworkCardInfo(TypedDict, total=False):
    NetworkCardIndex: int
    NetworkPerformance: str
    MaximumNetworkInterfaces: int
    AdditionalFlexibleNetworkInterfaces: int
    BaselineBandwidthInGbps: float
    PeakBandwidthInGbps: float
    DefaultEnaQueueCountPerInterface: int
    MaximumEnaQueueCount: int
    MaximumEnaQueueCountPerInterface: int
    InterfaceTypes: list[str]


class NetworkInfo(TypedDict, total=False):
    NetworkPerformance: str
    MaximumNetworkInterfaces: int
    MaximumNetworkCards: int
    DefaultNetworkCardIndex: int
    NetworkCards: list[NetworkCardInfo]
    Ipv4AddressesPerInterface: int
    Ipv6AddressesPerInterface: int
    Ipv6Supported: bool
    EnaSupport: str
    EfaSupported: bool
    EfaInfo: EfaInfo
    EncryptionInTransitSupported: bool
    EnaSrdSupported: bool
    BandwidthWeightings: list[str]
    FlexibleEnaQueuesSupport: str
    ConnectionTrackingConfiguration: DefaultConnectionTrackingConfiguration
    SecondaryNetworkSupported: bool
    MaximumSecondaryNetworkInterfaces: int
    Ipv4AddressesPerSecondaryInterface: int


class NetworkInterface(TypedDict, total=False):
    Association: NetworkInterfaceAssociation
    Attachment: NetworkInterfaceAttachment
    AvailabilityZone: str
    ConnectionTrackingConfiguration: ConnectionTrackingConfiguration
    Description: str
    Groups: list[GroupIdentifier]
    InterfaceType: str
    Ipv6Addresses: list[NetworkInterfaceIpv6Address]
    MacAddress: str
    NetworkInterfaceId: str
    OutpostArn: str
    OwnerId: str
    PrivateDnsName: str
    PublicDnsName: str
    PublicIpDnsNameOptions: PublicIpDnsNameOptions
    PrivateIpAddress: str
    PrivateIpAddresses: list[NetworkInterfacePrivateIpAddress]
    Ipv4Prefixes: list[Ipv4PrefixSpecification]
    Ipv6Prefixes: list[Ipv6PrefixSpecification]
    RequesterId: str
    RequesterManaged: bool
    SourceDestCheck: bool
    Status: str
    SubnetId: str
    TagSet: list[Tag]
    VpcId: str
    DenyAllIgwTraffic: bool
    Ipv6Native: bool
    Ipv6Address: str
    Operator: OperatorResponse
    AssociatedSubnets: list[str]
    AvailabilityZoneId: str


class NetworkInterfaceAssociation(TypedDict, total=False):
    AllocationId: str
    AssociationId: str
    IpOwnerId: str
    PublicDnsName: str
    PublicIp: str
    CustomerOwnedIp: str
    CarrierIp: str


class NetworkInterfaceAttachment(TypedDict, total=False):
    AttachTime: datetime
    AttachmentId: str
    DeleteOnTermination: bool
    DeviceIndex: int
    NetworkCardIndex: int
    InstanceId: str
    InstanceOwnerId: str
    Status: str
    EnaSrdSpecification: AttachmentEnaSrdSpecification
    EnaQueueCount: int


class NetworkInterfaceAttachmentChanges(TypedDict, total=False):
    DefaultEnaQueueCount: bool
    EnaQueueCount: int
    AttachmentId: str
    DeleteOnTermination: bool


class NetworkInterfaceIpv6Address(TypedDict, total=False):
    Ipv6Address: str
    PublicIpv6DnsName: str
    IsPrimaryIpv6: bool


class NetworkInterfacePrivateIpAddress(TypedDict, total=False):
    Association: NetworkInterfaceAssociation
    Primary: bool
    PrivateDnsName: str
    PrivateIpAddress: str


class NeuronDeviceCoreInfo(TypedDict, total=False):
    Count: int
    Version: int


class NeuronDeviceInfo(TypedDict, total=False):
    Count: int
    Name: str
    CoreInfo: NeuronDeviceCoreInfo
    MemoryInfo: NeuronDeviceMemoryInfo


class NeuronDeviceMemoryInfo(TypedDict, total=False):
    SizeInMiB: int


class NeuronInfo(TypedDict, total=False):
    NeuronDevices: list[NeuronDeviceInfo]
    TotalNeuronDeviceMemoryInMiB: int


class NitroTpmInfo(TypedDict, total=False):
    SupportedVersions: list[str]


class OperatorRequest(TypedDict, total=False):
    Principal: str


class OperatorResponse(TypedDict, total=False):
    Managed: bool
    Principal: str
    HiddenByDefault: bool


class PerformanceStatusSummary(TypedDict, total=False):
    Status: str
    ImpairedSince: datetime
    Remediation: str


class Placement(TypedDict, total=False):
    AvailabilityZoneId: str
    Affinity: str
    GroupName: str
    PartitionNumber: int
    HostId: str
    Tenancy: str
    SpreadDomain: str
    HostResourceGroupArn: str
    GroupId: str
    AvailabilityZone: str


class PlacementGroupInfo(TypedDict, total=False):
    SupportedStrategies: list[str]


class PortRange(TypedDict, total=False):
    From: int
    To: int


class PrefixListId(TypedDict, total=False):
    Description: str
    PrefixListId: str


class PrivateDnsNameOptionsOnLaunch(TypedDict, total=False):
    HostnameType: str
    EnableResourceNameDnsARecord: bool
    EnableResourceNameDnsAAAARecord: bool


class PrivateDnsNameOptionsRequest(TypedDict, total=False):
    HostnameType: str
    EnableResourceNameDnsARecord: bool
    EnableResourceNameDnsAAAARecord: bool


class PrivateDnsNameOptionsResponse(TypedDict, total=False):
    HostnameType: str
    EnableResourceNameDnsARecord: bool
    EnableResourceNameDnsAAAARecord: bool


class PrivateIpAddressSpecification(TypedDict, total=False):
    Primary: bool
    PrivateIpAddress: str


class ProcessorInfo(TypedDict, total=False):
    SupportedArchitectures: list[str]
    SustainedClockSpeedInGhz: float
    SupportedFeatures: list[str]
    Manufacturer: str


class ProductCode(TypedDict, total=False):
    ProductCodeId: str
    ProductCodeType: str


class PropagatingVgw(TypedDict, total=False):
    GatewayId: str


class PublicIpDnsNameOptions(TypedDict, total=False):
    DnsHostnameType: str
    PublicIpv4DnsName: str
    PublicIpv6DnsName: str
    PublicDualStackDnsName: str


class RebootInstancesRequest(TypedDict, total=False):
    InstanceIds: Required[list[str]]
    DryRun: bool


class ReferencedSecurityGroup(TypedDict, total=False):
    GroupId: str
    PeeringStatus: str
    UserId: str
    VpcId: str
    VpcPeeringConnectionId: str


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


class ReplaceRouteRequest(TypedDict, total=False):
    DestinationPrefixListId: str
    VpcEndpointId: str
    LocalTarget: bool
    TransitGatewayId: str
    LocalGatewayId: str
    CarrierGatewayId: str
    CoreNetworkArn: str
    OdbNetworkArn: str
    DryRun: bool
    RouteTableId: Required[str]
    DestinationCidrBlock: str
    GatewayId: str
    DestinationIpv6CidrBlock: str
    EgressOnlyInternetGatewayId: str
    InstanceId: str
    NetworkInterfaceId: str
    VpcPeeringConnectionId: str
    NatGatewayId: str


class ReplaceRouteTableAssociationRequest(TypedDict, total=False):
    DryRun: bool
    AssociationId: Required[str]
    RouteTableId: Required[str]


class ReplaceRouteTableAssociationResult(TypedDict, total=False):
    NewAssociationId: str
    AssociationState: RouteTableAssociationState


class Reservation(TypedDict, total=False):
    ReservationId: str
    OwnerId: str
    RequesterId: str
    Groups: list[GroupIdentifier]
    Instances: list[Instance]


class ResetEbsDefaultKmsKeyIdRequest(TypedDict, total=False):
    DryRun: bool


class ResetEbsDefaultKmsKeyIdResult(TypedDict, total=False):
    KmsKeyId: str


class ResetImageAttributeRequest(TypedDict, total=False):
    Attribute: Required[str]
    ImageId: Required[str]
    DryRun: bool


class ResetInstanceAttributeRequest(TypedDict, total=False):
    DryRun: bool
    InstanceId: Required[str]
    Attribute: Required[str]


class ResetSnapshotAttributeRequest(TypedDict, total=False):
    Attribute: Required[str]
    SnapshotId: Required[str]
    DryRun: bool


class RevokeSecurityGroupEgressRequest(TypedDict, total=False):
    SecurityGroupRuleIds: list[str]
    DryRun: bool
    GroupId: Required[str]
    SourceSecurityGroupName: str
    SourceSecurityGroupOwnerId: str
    IpProtocol: str
    FromPort: int
    ToPort: int
    CidrIp: str
    IpPermissions: list[IpPermission]


class RevokeSecurityGroupEgressResult(TypedDict, total=False):
    Return: bool
    UnknownIpPermissions: list[IpPermission]
    RevokedSecurityGroupRules: list[RevokedSecurityGroupRule]


class RevokeSecurityGroupIngressRequest(TypedDict, total=False):
    CidrIp: str
    FromPort: int
    GroupId: str
    GroupName: str
    IpPermissions: list[IpPermission]
    IpProtocol: str
    SourceSecurityGroupName: str
    SourceSecurityGroupOwnerId: str
    ToPort: int
    SecurityGroupRuleIds: list[str]
    DryRun: bool


class RevokeSecurityGroupIngressResult(TypedDict, total=False):
    Return: bool
    UnknownIpPermissions: list[IpPermission]
    RevokedSecurityGroupRules: list[RevokedSecurityGroupRule]


class RevokedSecurityGroupRule(TypedDict, total=False):
    SecurityGroupRuleId: str
    GroupId: str
    IsEgress: bool
    IpProtocol: str
    FromPort: int
    ToPort: int
    CidrIpv4: str
    CidrIpv6: str
    PrefixListId: str
    ReferencedGroupId: str
    Description: str


class Route(TypedDict, total=False):
    DestinationCidrBlock: str
    DestinationIpv6CidrBlock: str
    DestinationPrefixListId: str
    EgressOnlyInternetGatewayId: str
    GatewayId: str
    InstanceId: str
    InstanceOwnerId: str
    NatGatewayId: str
    TransitGatewayId: str
    LocalGatewayId: str
    CarrierGatewayId: str
    NetworkInterfaceId: str
    Origin: str
    State: str
    VpcPeeringConnectionId: str
    CoreNetworkArn: str
    OdbNetworkArn: str
    IpAddress: str


class RouteTable(TypedDict, total=False):
    Associations: list[RouteTableAssociation]
    PropagatingVgws: list[PropagatingVgw]
    RouteTableId: str
    Routes: list[Route]
    Tags: list[Tag]
    VpcId: str
    OwnerId: str


class RouteTableAssociation(TypedDict, total=False):
    Main: bool
    RouteTableAssociationId: str
    RouteTableId: str
    SubnetId: str
    GatewayId: str
    PublicIpv4Pool: str
    AssociationState: RouteTableAssociationState


class RouteTableAssociationState(TypedDict, total=False):
    State: str
    StatusMessage: str


class RunInstancesMonitoringEnabled(TypedDict, total=False):
    MetricCategoryIds: list[str]
    Enabled: Required[bool]


class RunInstancesRequest(TypedDict, total=False):
    BlockDeviceMappings: list[BlockDeviceMapping]
    ImageId: str
    InstanceType: str
    Ipv6AddressCount: int
    Ipv6Addresses: list[InstanceIpv6Address]
    KernelId: str
    KeyName: str
    MaxCount: Required[int]
    MinCount: Required[int]
    Monitoring: RunInstancesMonitoringEnabled
    Placement: Placement
    RamdiskId: str
    SecurityGroupIds: list[str]
    SecurityGroups: list[str]
    SubnetId: str
    UserData: str
    ElasticGpuSpecification: list[ElasticGpuSpecification]
    ElasticInferenceAccelerators: list[ElasticInferenceAccelerator]
    TagSpecifications: list[TagSpecification]
    LaunchTemplate: LaunchTemplateSpecification
    InstanceMarketOptions: InstanceMarketOptionsRequest
    CreditSpecification: CreditSpecificationRequest
    CpuOptions: CpuOptionsRequest
    CapacityReservationSpecification: CapacityReservationSpecification
    HibernationOptions: HibernationOptionsRequest
    LicenseSpecifications: list[LicenseConfigurationRequest]
    MetadataOptions: InstanceMetadataOptionsRequest
    EnclaveOptions: EnclaveOptionsRequest
    PrivateDnsNameOptions: PrivateDnsNameOptionsRequest
    MaintenanceOptions: InstanceMaintenanceOptionsRequest
    DisableApiStop: bool
    EnablePrimaryIpv6: bool
    NetworkPerformanceOptions: InstanceNetworkPerformanceOptionsRequest
    Operator: OperatorRequest
    SecondaryInterfaces: list[InstanceSecondaryInterfaceSpecificationRequest]
    DryRun: bool
    DisableApiTermination: bool
    InstanceInitiatedShutdownBehavior: str
    PrivateIpAddress: str
    ClientToken: str
    AdditionalInfo: str
    NetworkInterfaces: list[InstanceNetworkInterfaceSpecification]
    IamInstanceProfile: IamInstanceProfileSpecification
    EbsOptimized: bool


class ScanResults(TypedDict, total=False):
    HighestFindingSeverityLabel: str
    FindingScanDate: datetime
    InformationalFixAvailableSince: datetime
    LowFixAvailableSince: datetime
    MediumFixAvailableSince: datetime
    HighFixAvailableSince: datetime
    CriticalFixAvailableSince: datetime


class SecureBlobAttributeValue(TypedDict, total=False):
    Value: bytes


class SecurityGroup(TypedDict, total=False):
    GroupId: str
    IpPermissionsEgress: list[IpPermission]
    Tags: list[Tag]
    VpcId: str
    SecurityGroupArn: str
    OwnerId: str
    GroupName: str
    Description: str
    IpPermissions: list[IpPermission]


class SecurityGroupRule(TypedDict, total=False):
    SecurityGroupRuleId: str
    GroupId: str
    GroupOwnerId: str
    IsEgress: bool
    IpProtocol: str
    FromPort: int
    ToPort: int
    CidrIpv4: str
    CidrIpv6: str
    PrefixListId: str
    ReferencedGroupInfo: ReferencedSecurityGroup
    Description: str
    Tags: list[Tag]
    SecurityGroupRuleArn: str


class SecurityGroupRuleDescription(TypedDict, total=False):
    SecurityGroupRuleId: str
    Description: str


class SecurityGroupRuleRequest(TypedDict, total=False):
    IpProtocol: str
    FromPort: int
    ToPort: int
    CidrIpv4: str
    CidrIpv6: str
    PrefixListId: str
    ReferencedGroupId: str
    Description: str


class SecurityGroupRuleUpdate(TypedDict, total=False):
    SecurityGroupRuleId: Required[str]
    SecurityGroupRule: SecurityGroupRuleRequest


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


class SpotMarketOptions(TypedDict, total=False):
    MaxPrice: str
    SpotInstanceType: str
    BlockDurationMinutes: int
    ValidUntil: datetime
    InstanceInterruptionBehavior: str


class StartInstancesRequest(TypedDict, total=False):
    InstanceIds: Required[list[str]]
    AdditionalInfo: str
    DryRun: bool


class StartInstancesResult(TypedDict, total=False):
    StartingInstances: list[InstanceStateChange]


class StateReason(TypedDict, total=False):
    Code: str
    Message: str


class StopInstancesRequest(TypedDict, total=False):
    InstanceIds: Required[list[str]]
    Hibernate: bool
    SkipOsShutdown: bool
    DryRun: bool
    Force: bool


class StopInstancesResult(TypedDict, total=False):
    StoppingInstances: list[InstanceStateChange]


class Subnet(TypedDict, total=False):
    AvailabilityZoneId: str
    EnableLniAtDeviceIndex: int
    MapCustomerOwnedIpOnLaunch: bool
    CustomerOwnedIpv4Pool: str
    OwnerId: str
    AssignIpv6AddressOnCreation: bool
    Ipv6CidrBlockAssociationSet: list[SubnetIpv6CidrBlockAssociation]
    Tags: list[Tag]
    SubnetArn: str
    OutpostArn: str
    EnableDns64: bool
    Ipv6Native: bool
    PrivateDnsNameOptionsOnLaunch: PrivateDnsNameOptionsOnLaunch
    BlockPublicAccessStates: BlockPublicAccessStates
    Type: str
    SubnetId: str
    State: str
    VpcId: str
    CidrBlock: str
    AvailableIpAddressCount: int
    AvailabilityZone: str
    DefaultForAz: bool
    MapPublicIpOnLaunch: bool


class SubnetCidrBlockState(TypedDict, total=False):
    State: str
    StatusMessage: str


class SubnetIpv6CidrBlockAssociation(TypedDict, total=False):
    AssociationId: str
    Ipv6CidrBlock: str
    Ipv6CidrBlockState: SubnetCidrBlockState
    Ipv6AddressAttribute: str
    IpSource: str


class SuccessfulInstanceCreditSpecificationItem(TypedDict, total=False):
    InstanceId: str


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


class TerminateInstancesRequest(TypedDict, total=False):
    InstanceIds: Required[list[str]]
    Force: bool
    SkipOsShutdown: bool
    DryRun: bool


class TerminateInstancesResult(TypedDict, total=False):
    TerminatingInstances: list[InstanceStateChange]


class UnmonitorInstancesRequest(TypedDict, total=False):
    InstanceIds: Required[list[str]]
    MetricCategoryIds: list[str]
    DryRun: bool


class UnmonitorInstancesResult(TypedDict, total=False):
    InstanceMonitorings: list[InstanceMonitoring]


class UnsuccessfulInstanceCreditSpecificationItem(TypedDict, total=False):
    InstanceId: str
    Error: UnsuccessfulInstanceCreditSpecificationItemError


class UnsuccessfulInstanceCreditSpecificationItemError(TypedDict, total=False):
    Code: str
    Message: str


class UpdateSecurityGroupRuleDescriptionsEgressRequest(TypedDict, total=False):
    DryRun: bool
    GroupId: str
    GroupName: str
    IpPermissions: list[IpPermission]
    SecurityGroupRuleDescriptions: list[SecurityGroupRuleDescription]


class UpdateSecurityGroupRuleDescriptionsEgressResult(TypedDict, total=False):
    Return: bool


class UpdateSecurityGroupRuleDescriptionsIngressRequest(TypedDict, total=False):
    DryRun: bool
    GroupId: str
    GroupName: str
    IpPermissions: list[IpPermission]
    SecurityGroupRuleDescriptions: list[SecurityGroupRuleDescription]


class UpdateSecurityGroupRuleDescriptionsIngressResult(TypedDict, total=False):
    Return: bool


class UserBucket(TypedDict, total=False):
    S3Bucket: str
    S3Key: str


class UserBucketDetails(TypedDict, total=False):
    S3Bucket: str
    S3Key: str


class UserData(TypedDict, total=False):
    Data: str


class UserIdGroupPair(TypedDict, total=False):
    Description: str
    UserId: str
    GroupName: str
    GroupId: str
    VpcId: str
    VpcPeeringConnectionId: str
    PeeringStatus: str


class VCpuInfo(TypedDict, total=False):
    DefaultVCpus: int
    DefaultCores: int
    DefaultThreadsPerCore: int
    ValidCores: list[int]
    ValidThreadsPerCore: list[int]


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


class VolumeDetail(TypedDict, total=False):
    Size: Required[int]


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


class Vpc(TypedDict, total=False):
    OwnerId: str
    InstanceTenancy: str
    Ipv6CidrBlockAssociationSet: list[VpcIpv6CidrBlockAssociation]
    CidrBlockAssociationSet: list[VpcCidrBlockAssociation]
    IsDefault: bool
    EncryptionControl: VpcEncryptionControl
    Tags: list[Tag]
    BlockPublicAccessStates: BlockPublicAccessStates
    VpcId: str
    State: str
    CidrBlock: str
    DhcpOptionsId: str


class VpcCidrBlockAssociation(TypedDict, total=False):
    AssociationId: str
    CidrBlock: str
    CidrBlockState: VpcCidrBlockState


class VpcCidrBlockState(TypedDict, total=False):
    State: str
    StatusMessage: str


class VpcEncryptionControl(TypedDict, total=False):
    VpcId: str
    VpcEncryptionControlId: str
    Mode: str
    State: str
    StateMessage: str
    ResourceExclusions: VpcEncryptionControlExclusions
    Tags: list[Tag]


class VpcEncryptionControlConfiguration(TypedDict, total=False):
    Mode: Required[str]
    InternetGatewayExclusion: str
    EgressOnlyInternetGatewayExclusion: str
    NatGatewayExclusion: str
    VirtualPrivateGatewayExclusion: str
    VpcPeeringExclusion: str
    LambdaExclusion: str
    VpcLatticeExclusion: str
    ElasticFileSystemExclusion: str
    GlobalAcceleratorExclusion: str
    ApiGatewayV2Exclusion: str


class VpcEncryptionControlExclusion(TypedDict, total=False):
    State: str
    StateMessage: str


class VpcEncryptionControlExclusions(TypedDict, total=False):
    InternetGateway: VpcEncryptionControlExclusion
    EgressOnlyInternetGateway: VpcEncryptionControlExclusion
    NatGateway: VpcEncryptionControlExclusion
    VirtualPrivateGateway: VpcEncryptionControlExclusion
    VpcPeering: VpcEncryptionControlExclusion
    Lambda: VpcEncryptionControlExclusion
    VpcLattice: VpcEncryptionControlExclusion
    ElasticFileSystem: VpcEncryptionControlExclusion
    GlobalAccelerator: VpcEncryptionControlExclusion
    ApiGatewayV2: VpcEncryptionControlExclusion


class VpcIpv6CidrBlockAssociation(TypedDict, total=False):
    AssociationId: str
    Ipv6CidrBlock: str
    Ipv6CidrBlockState: VpcCidrBlockState
    NetworkBorderGroup: str
    Ipv6Pool: str
    Ipv6AddressAttribute: str
    IpSource: str
