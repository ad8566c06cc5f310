"""Licences: what running an AMI is charged as, by UsageOperation.

The table is the user guide's, "Licensing options"; EC2's own guide has the same under "AMI billing
information fields", https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-info-fields.html.
"""

from typing import Final, NamedTuple


class Usage(NamedTuple):
    """What a UsageOperation stands for."""

    platform_details: str  # as an AMI shows it
    platform: str  # Linux, Windows
    license_type: str  # AWS: the licence is included; BYOL: the client brings it


AWS: Final = "AWS"
BYOL: Final = "BYOL"
LINUX: Final = "Linux"
WINDOWS: Final = "Windows"

USAGES: Final[dict[str, Usage]] = {
    "RunInstances": Usage("Linux/UNIX", LINUX, BYOL),
    "RunInstances:0002": Usage("Windows", WINDOWS, AWS),
    "RunInstances:0004": Usage("SQL Server Standard", LINUX, AWS),
    "RunInstances:0006": Usage("Windows with SQL Server Standard", WINDOWS, AWS),
    "RunInstances:0100": Usage("SQL Server Enterprise", LINUX, AWS),
    "RunInstances:0102": Usage("Windows with SQL Server Enterprise", WINDOWS, AWS),
    "RunInstances:0200": Usage("SQL Server Web", LINUX, AWS),
    "RunInstances:0202": Usage("Windows with SQL Server Web", WINDOWS, AWS),
    "RunInstances:0800": Usage("Windows BYOL", WINDOWS, BYOL),
}


def usage_operation(platform: str | None, license_type: str | None) -> str:
    """Return the UsageOperation of a platform; Windows has a licence of AWS unless BYOL is said.

    Of an unknown platform that has a licence of AWS it is that of Windows: Linux has none.
    """
    if platform is None and license_type == AWS:
        platform = WINDOWS
    if platform != WINDOWS:
        return "RunInstances"
    return "RunInstances:0800" if license_type == BYOL else "RunInstances:0002"
