"""The partition of AWS that a Region belongs to, which every ARN begins with."""

from typing import Final

OTHERS: Final = {
    "cn": "aws-cn",
    "us-gov": "aws-us-gov",
    "eusc": "aws-eusc",
    "us-iso": "aws-iso",
    "us-isob": "aws-iso-b",
    "eu-isoe": "aws-iso-e",
    "us-isof": "aws-iso-f",
}


def partition_of(region: str) -> str:
    """Name the partition of a Region: `aws` for all that are in none of the others."""
    for start, name in OTHERS.items():
        if region.startswith(f"{start}-"):
            return name
    return "aws"
