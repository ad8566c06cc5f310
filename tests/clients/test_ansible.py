"""Ansible's amazon.aws.ec2_import_image and ec2_import_image_info, in one playbook."""

import shutil
from pathlib import Path

import pytest

from tests.clients.install import CLIENTS, HERE
from tests.clients.programs import program, run
from tests.house import House

pytestmark = [pytest.mark.slow, pytest.mark.clients, pytest.mark.timeout(300)]


def test_a_playbook_imports_a_vm_and_cancels_an_import(
    house: House, ova: Path, long_vhdx: Path, tmp_path: Path
) -> None:
    ansible_playbook, bucket = program("ansible/bin/ansible-playbook"), house.bucket()
    house.put_object(bucket, "vm.ova", ova)
    house.put_object(bucket, "long.vhdx", long_vhdx)
    playbook = shutil.copy(HERE / "playbook.yml", tmp_path)
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path = {CLIENTS / 'ansible/collections'}\n"
        f"interpreter_python = {CLIENTS / 'ansible/bin/python'}\n"
    )

    run(house, tmp_path, ansible_playbook, "--extra-vars", f"bucket={bucket}", playbook)

    tasks = house.ec2().describe_import_image_tasks()["ImportImageTasks"]
    (done,) = (task for task in tasks if task.get("Description") == "from Ansible")
    (image,) = house.ec2().describe_images(Owners=["self"])["Images"]
    assert image["ImageId"] == done["ImageId"]
    assert image["BootMode"] == "legacy-bios"
    (cancelled,) = (task for task in tasks if task is not done)
    assert cancelled["Status"] in ("deleting", "deleted")
