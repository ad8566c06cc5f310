"""The committed shapes are those of the actions that are served."""

from emulator.protocol import regions
from emulator.protocol.models import operation_names
from emulator.shapes.generator import HERE, actions, modules, table


def test_the_committed_shapes_are_current() -> None:
    for service, source in modules().items():
        committed = (HERE / f"{service}.py").read_text("utf-8")
        assert committed == source, f"run `make shapes`: {service}.py is out of date"


def test_every_action_that_is_served_is_in_the_model_once() -> None:
    for service, names in actions().items():
        assert set(names) <= operation_names(service)
        assert sorted(set(names)) == names, f"{service} is not in order"


def test_the_table_names_every_action() -> None:
    for names in actions().values():
        assert all(f"`{name}`" in table() for name in names)


def test_regions_come_with_their_partition_and_endpoint() -> None:
    frankfurt = regions.find("eu-central-1")

    assert frankfurt is not None
    assert frankfurt.endpoint == "ec2.eu-central-1.amazonaws.com"
    assert not frankfurt.opt_in
    assert {"us-east-1", "af-south-1"} <= {region.name for region in regions.regions()}
    assert all(region.partition == "aws-cn" for region in regions.regions("aws-cn"))
    assert regions.partition("cn-north-1") == "aws-cn"
    assert regions.partition("us-gov-far-9") == "aws-us-gov"
    assert regions.partition("eu-elsewhere-9") == "aws"
    assert regions.find("eu-elsewhere-9") is None
