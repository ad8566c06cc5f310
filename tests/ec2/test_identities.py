"""STS GetCallerIdentity."""

from tests.house import House


def test_an_access_key_of_twelve_digits_is_the_account(house: House) -> None:
    identity = house.sts("123456789012").get_caller_identity()

    assert identity["Account"] == "123456789012"
    assert identity["UserId"] == "123456789012"
    assert identity["Arn"] == "arn:aws:iam::123456789012:root"


def test_any_other_access_key_is_the_account_of_zeros(house: House) -> None:
    assert house.sts("test").get_caller_identity()["Account"] == "000000000000"


def test_the_arn_is_of_the_partition_of_the_region(house: House) -> None:
    identity = house.sts(region="cn-north-1").get_caller_identity()

    assert identity["Arn"] == f"arn:aws-cn:iam::{house.account_id}:root"
