"""The errors of instances, one function a sentence."""

from emulator.errors import AwsError


def instance_malformed(instance_id: str) -> AwsError:
    """Say that a string cannot be the id of an instance."""
    expected = "" if instance_id.startswith("i-") else ' (expecting "i-...")'
    return AwsError("InvalidInstanceID.Malformed", f'Invalid id: "{instance_id}"{expected}')


def instances_not_found(*instance_ids: str) -> AwsError:
    """Say that there is no such instance, or that there are none such."""
    listed = ", ".join(instance_ids)
    if len(instance_ids) == 1:
        return AwsError("InvalidInstanceID.NotFound", f"The instance ID '{listed}' does not exist")
    return AwsError("InvalidInstanceID.NotFound", f"The instance IDs '{listed}' do not exist")
