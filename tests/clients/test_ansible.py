"""Ansible's amazon.aws collection: imports, and what is made before an instance is started."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.install import CLIENTS, HERE
from tests.clients.programs import program, run
from tests.house import House
from tests.instances.conftest import an_image

pytestmark = [pytest.mark.slow, pytest.mark.clients, pytest.mark.timeout(300)]


def play(house: House, folder: Path, playbooks: list[str], **variables: str) -> None:
    """Run the first of some playbooks; the others are what it includes."""
    ansible_playbook = program("ansible/bin/ansible-playbook")
    first, *_ = [shutil.copy(HERE / name, folder) for name in playbooks]
    (folder / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path = {CLIENTS / 'ansible/collections'}\n"
        f"interpreter_python = {CLIENTS / 'ansible/bin/python'}\n"
    )
    (folder / "variables.json").write_text(json.dumps(variables))
    run(house, folder, ansible_playbook, "--extra-vars", "@variables.json", first)


def test_a_playbook_imports_a_vm_and_cancels_an_import(
    house: House, ova: Path, long_vhdx: Path, tmp_path: Path
) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "vm.ova", ova)
    house.put_object(bucket, "long.vhdx", long_vhdx)

    play(house, tmp_path, ["playbook.yml"], bucket=bucket)

    tasks = house.ec2().describe_import_image_tasks()["ImportImageTasks"]
    (done,) = (task for task in tasks if task.get("Description") == "from Ansible")
    (image,) = house.ec2().describe_images(Owners=["self"])["Images"]
    assert image["ImageId"] == done["ImageId"]
    assert image["BootMode"] == "legacy-bios"
    (cancelled,) = (task for task in tasks if task is not done)
    assert cancelled["Status"] in ("deleting", "deleted")


def test_a_playbook_makes_a_network_and_keys_and_takes_them_away(
    house: House, tmp_path: Path
) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "own"], check=True
    )
    public_key = (tmp_path / "own.pub").read_text()

    play(house, tmp_path, ["network.yml", "network-made.yml"], public_key=public_key)

    assert [vpc["IsDefault"] for vpc in house.ec2().describe_vpcs()["Vpcs"]] == [True]
    assert house.ec2().describe_key_pairs()["KeyPairs"] == []


def test_a_playbook_starts_an_instance_and_makes_an_ami_of_it(house: House, tmp_path: Path) -> None:
    image = an_image(house)
    house.ec2().create_key_pair(KeyName="ansible", KeyType="ed25519")

    play(house, tmp_path, ["instance.yml"], image_id=image, key_name="ansible")

    (reservation,) = house.ec2().describe_instances()["Reservations"]
    (instance,) = reservation["Instances"]
    assert instance["State"]["Name"] == "terminated"
    made: Any = house.ec2().describe_images(
        Owners=["self"], Filters=[{"Name": "name", "Values": ["of-ansible"]}]
    )["Images"]
    assert [image["State"] for image in made] == ["available"]
