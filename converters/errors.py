"""What can be wrong with a client's disk, one sentence each: the StatusMessage of the failed task.

Texts are as the user guide or clients of the real service spell them. Nobody has written down all
cases: where one is marked "assumed", the text or when it is given is our guess, and this is the
one place to correct it.
"""

LIMIT = 16 << 40  # bytes; a disk must be smaller
NAME = 100  # letters of a client's name for something that are told back
LIMIT_OF_IMAGES = 8 << 40  # bytes; so must a disk of an image import
MOST_DISKS = 21  # of one virtual machine


class ClientError(Exception):
    """The client's fault; the message is what the client reads after `ClientError: `."""


class FirstBootFailure(Exception):
    """The client's machine does not start; the text is what is read after the class's name."""


def did_not_boot(platform: str | None) -> FirstBootFailure:
    """Tell of a machine that did not start, or not get on the network."""
    # The guide names a Windows; clients have seen the other sentence.
    what = "the Windows instance" if platform == "Windows" else "the instance"
    return FirstBootFailure(
        f"This import request failed because {what} failed to boot and establish network "
        "connectivity."
    )


def validation_failed(reason: str) -> ClientError:
    """Wrap a reason as the validation of a disk does."""
    return ClientError(f"Disk validation failed [{reason}]")


class UnsupportedVmdk(ClientError):
    """A VMDK of a kind that is not imported, which not every task tells in the same words."""


def unsupported_vmdk() -> ClientError:
    """Tell of a VMDK that is not stream-optimized, or that refers to another file."""
    return UnsupportedVmdk(str(validation_failed("Unsupported VMDK File Format")))


def corrupt_vmdk() -> ClientError:
    """Tell of a stream-optimized VMDK that is cut off or garbled."""
    # The guide's English may have been "has invalid length"; clients have seen this spelling.
    return ClientError("Uncompressed data has an invalid length")


def broken_vhd() -> ClientError:
    """Tell of a differencing VHD, or one whose footer or tables are broken or cut off."""
    # assumed: that tables pointing outside the file are told in the same words
    return ClientError("Footers not identical")


def unsupported_vhdx() -> ClientError:
    """Tell of a VHDX that has a parent, that is cut off or garbled, or has a log to replay."""
    # assumed: the text, after the VMDK's; the guide only says that such a VHDX is not accepted
    return validation_failed("Unsupported VHDX File Format")


def wrong_format() -> ClientError:
    """Tell of a file that is not in the format the client named, or in none that is imported."""
    # assumed: that qcow2, VDI, QED, OVA and the like are told so whatever format was named or none
    return validation_failed("Unsupported specified file format")


def empty_disk() -> ClientError:
    """Tell of an object without a single byte."""
    # assumed
    return validation_failed("The disk image is empty")


def disk_too_large(limit: int = LIMIT) -> ClientError:
    """Tell of a disk of 16 TiB or more, or, in an image import, of 8 TiB or more."""
    # assumed: the text; the limits are the guide's
    return validation_failed(f"The disk image must be smaller than {limit >> 40} TiB")


def too_many_disks() -> ClientError:
    """Tell of a virtual machine with more disks than can be imported together."""
    # assumed: the text; the limit is the guide's
    return validation_failed(f"The virtual machine has more than {MOST_DISKS} volumes")


def ova_among_disks() -> ClientError:
    """Tell of an OVA that was found where several disks, or another OVA, were named."""
    # assumed
    return validation_failed("An OVA must be the only disk container")


def role_unfit(role_name: str) -> ClientError:
    """Tell of a service role that was deleted in the meantime, or has lost a right."""
    # assumed: that it is told in the words of the request's error
    return ClientError(
        f"The service role {role_name} provided does not exist or does not have sufficient "
        "permissions"
    )


def object_forbidden() -> ClientError:
    """Tell of an object that the service role may no longer read."""
    return validation_failed("We do not have access to the given resource. Reason 403 Forbidden")


def object_gone() -> ClientError:
    """Tell of an object that was there when the task was asked for and no longer is."""
    # assumed: 404; clients have seen the sentence with `403 Forbidden`
    return validation_failed("We do not have access to the given resource. Reason 404 Not Found")


def snapshot_gone(snapshot_id: str) -> ClientError:
    """Tell of a snapshot that was there when the task was asked for and no longer is."""
    # assumed
    return validation_failed(f"The snapshot '{snapshot_id}' does not exist.")


def image_gone(image_id: str) -> ClientError:
    """Tell of an AMI that was there when its export was asked for and no longer is."""
    # assumed; the words are those of the request
    return ClientError(f"The image id '[{image_id}]' does not exist")


def bucket_gone(bucket: str) -> ClientError:
    """Tell of a bucket that was there when an export was asked for and no longer is."""
    # assumed
    return ClientError(f"The S3 bucket '{bucket}' does not exist.")


def bucket_without_grants() -> ClientError:
    """Tell of a bucket that lets the exporter of instances in no more."""
    # assumed; the words are those of the request
    return ClientError(
        "vm-import-export@amazon.com must have WRITE and READ_ACL permission on the S3 bucket."
    )


def key_not_accessible() -> ClientError:
    """Tell of a KMS key that was disabled or given up while its task needed it."""
    # assumed; the words are those of the request. The guide only says that it must stay enabled.
    return ClientError(
        "The specified KMS key is not accessible. If this is a default EBS CMK, "
        "please retry your request without specifying the key explicitly"
    )


def given_key_not_accessible() -> ClientError:
    """Tell of a KMS key that cannot encrypt, or open, what is copied: a snapshot's StateMessage."""
    return ClientError("Given key ID is not accessible")


def image_name_taken(name: str) -> ClientError:
    """Tell of an AMI that the client has given the name which the task's AMI was to have."""
    # assumed; the words are those of RegisterImage
    return ClientError(f"AMI name {name} is already in use")


# Disks in parts. assumed: all texts, and that each of them fails a task, but for those that the
# guide has: of compression and of partitions


def invalid_manifest(reason: str) -> ClientError:
    """Tell of an import manifest that cannot be read, or makes no sense."""
    return ClientError(f"Invalid import manifest: {reason}")


def manifest_of_other_format(told: str, found: str) -> ClientError:
    """Tell of an import manifest that is not for the format the client named."""
    return invalid_manifest(f"its file-format is {_shown(found)}, the request says {told}")


def no_access(status: int, phrase: str) -> ClientError:
    """Tell of a manifest or part that the task may not read."""
    return validation_failed(
        f"We do not have access to the given resource. Reason {status} {phrase}"
    )


def host_refused(host: str) -> ClientError:
    """Tell of a URL that leads to where nothing is fetched from."""
    return ClientError(f"The host {_shown(host)} is not one that disk images are imported from")


def redirected(host: str) -> ClientError:
    """Tell of a URL that leads to another one."""
    return ClientError(f"The host {_shown(host)} redirects, which is not followed")


def wrong_part_size(number: int, size: int, expected: int) -> ClientError:
    """Tell of a part that is not as large as the manifest says."""
    return ClientError(f"Part {number} of the disk image has {size} bytes instead of {expected}")


def wrong_part_digest(number: int) -> ClientError:
    """Tell of a part whose bytes do not have the MD5 that its ETag is, again and again."""
    return ClientError(f"The checksum of part {number} of the disk image does not match")


def volume_too_small(size_gib: int, needed: int) -> ClientError:
    """Tell of a volume that the disk does not fit into."""
    return ClientError(f"The disk needs a volume of {needed} GiB, and the request says {size_gib}")


def instance_gone(instance_id: str) -> ClientError:
    """Tell of an instance that was terminated before its disk was there."""
    return ClientError(f"The instance '{instance_id}' has been terminated")


def root_taken(instance_id: str, device: str) -> ClientError:
    """Tell of an instance that was given another root volume before its disk was there."""
    return ClientError(f"The instance '{instance_id}' has a volume attached at {device} already")


def unsupported_compression() -> ClientError:
    """Tell of a VMDK that is not stream-optimized, as imports of instances and volumes do."""
    return ClientError("File uses unsupported compression algorithm 0")


def no_bootable_partition() -> ClientError:
    """Tell of a boot disk without an MBR, as a GPT disk, or with nothing in it."""
    return ClientError("No bootable partition found.")


# OVA. assumed: all texts but the first two, and that all of them are told in the guide's brackets


def unsupported_ova() -> ClientError:
    """Tell of an archive that is cut off or garbled, or that holds what no OVA holds."""
    return validation_failed("Unsupported OVA format")


def chunked_disk() -> ClientError:
    """Tell of an OVA whose disks are split over several files."""
    return descriptor_wrong("OVAs with chunked disk files are not supported")


def descriptor_wrong(reason: str) -> ClientError:
    """Wrap a reason as the reading of an OVF descriptor does."""
    return validation_failed(f"OVF file parsing error: {reason}")


def no_descriptor() -> ClientError:
    """Tell of an archive without an OVF descriptor."""
    return descriptor_wrong("The archive has no OVF descriptor")


def several_descriptors() -> ClientError:
    """Tell of an archive with more than one OVF descriptor."""
    return descriptor_wrong("The archive has more than one OVF descriptor")


def descriptor_too_large() -> ClientError:
    """Tell of a descriptor or manifest that is larger than any honest one."""
    return descriptor_wrong("The descriptor or the manifest is too large")


def unreadable_descriptor() -> ClientError:
    """Tell of a descriptor that is not well-formed XML, declares a DOCTYPE, or is not OVF."""
    return descriptor_wrong("The descriptor is not valid OVF")


def several_machines() -> ClientError:
    """Tell of an OVF with no virtual machine or with several."""
    return descriptor_wrong("The OVF must describe exactly one virtual machine")


def no_disks() -> ClientError:
    """Tell of a virtual machine without hard disks."""
    return descriptor_wrong("The virtual machine has no disks")


def unknown_reference(name: str) -> ClientError:
    """Tell of something in the descriptor that names what is not there, or is there twice."""
    return descriptor_wrong(f"The reference '{_shown(name)}' is not valid")


def repeated_disk(name: str) -> ClientError:
    """Tell of a file that two drives are to hold."""
    return descriptor_wrong(f"The file '{_shown(name)}' is used by more than one disk")


def blank_disk(name: str) -> ClientError:
    """Tell of a disk that has no file, or that has a parent."""
    return descriptor_wrong(f"The disk '{_shown(name)}' has no file of its own")


def wrong_number(text: str) -> ClientError:
    """Tell of a size or a unit that is none."""
    return descriptor_wrong(f"The size '{_shown(text)}' is not valid")


def unknown_compression(name: str) -> ClientError:
    """Tell of a file that is compressed by something other than gzip."""
    return descriptor_wrong(f"The compression of the file '{_shown(name)}' is not supported")


def outside_archive(href: str) -> ClientError:
    """Tell of a file that is not in the archive: elsewhere in the filesystem, or in the network."""
    return descriptor_wrong(f"The file '{_shown(href)}' is outside the archive")


def missing_file(name: str) -> ClientError:
    """Tell of a file that the descriptor or the manifest names and the archive does not have."""
    return descriptor_wrong(f"The file '{_shown(name)}' is not in the archive")


def repeated_file(name: str) -> ClientError:
    """Tell of two members of the archive with the same name."""
    return descriptor_wrong(f"The file '{_shown(name)}' is in the archive more than once")


def wrong_file_size(name: str) -> ClientError:
    """Tell of a file that is not as large as the descriptor says."""
    return descriptor_wrong(f"The size of the file '{_shown(name)}' does not match")


def wrong_capacity(name: str) -> ClientError:
    """Tell of a disk that is larger than the descriptor says."""
    return descriptor_wrong(f"The disk '{_shown(name)}' is larger than its capacity")


def unreadable_manifest() -> ClientError:
    """Tell of a manifest that isn't one, or that has digests of an unknown kind."""
    return descriptor_wrong("The manifest is not valid")


def wrong_digest(name: str) -> ClientError:
    """Tell of a file whose digest is not the manifest's."""
    return descriptor_wrong(f"The digest of the file '{_shown(name)}' does not match the manifest")


def corrupt_gzip() -> ClientError:
    """Tell of a gzip-compressed disk that is cut off, garbled, followed by junk, or a bomb."""
    # assumed: the text, which is the VMDK's for what does not inflate
    return ClientError("Uncompressed data has an invalid length")


# What is on the disks. Where the guide spells a sentence in another way than clients have seen it,
# it stands here as they have seen it. assumed: when each one is given, beyond what the guide says,
# and that the first thing wrong decides in the order of converters/guests/judge/verdict.py


def no_partitions() -> ClientError:
    """Tell of disks without a partition table, or with nothing in it."""
    return ClientError("No valid partitions. Not a valid volume.")


def broken_volume_group() -> ClientError:
    """Tell of logical volumes that are not whole."""
    # The guide writes "Logical Volume Group".
    return ClientError("Unsupported configuration - Logical volume group activation failed")


def unknown_system() -> ClientError:
    """Tell of disks without a system, or with one that is in none of the tables."""
    # assumed: also of distributions, Windows and editions of it that the guide doesn't list
    return ClientError("Unknown OS / Missing OS files.")


def several_roots() -> ClientError:
    """Tell of more than one system, or more than one /etc."""
    return ClientError("Unsupported configuration - Multiple directories found")


def unreadable_fstab() -> ClientError:
    """Tell of a Linux whose /etc/fstab is missing or makes no sense."""
    # The guide writes "Unable to read fstab".
    return ClientError("Invalid configuration - Could not read fstab")


def several_menus() -> ClientError:
    """Tell of several grub.cfg, grub.conf or menu.lst that are not the same."""
    return ClientError("Multiple different grub/menu.lst files found.")


def no_default_kernel() -> ClientError:
    """Tell of entries of the Boot Loader Specification of which none is the default."""
    # The guide writes "the default kernel".
    return ClientError("BLSC-style GRUB found, but unable to detect default kernel")


def unknown_kernel() -> ClientError:
    """Tell of a Linux whose kernel isn't found: no GRUB, no entry, or nothing where it points."""
    return ClientError("Unable to determine kernel version.")


def unsupported_kernel(version: str) -> ClientError:
    """Tell of a kernel that isn't listed for its distribution."""
    return ClientError(f"Unsupported kernel version {_shown(version)}")


def unreadable_initrd() -> ClientError:
    """Tell of an initial RAM disk that is missing, cut off or garbled."""
    # assumed: missing
    return ClientError(
        "We were unable to read your import's initramfs/initrd to determine what drivers your "
        "import requires to run in EC2"
    )


# assumed: the texts of all that follow, and that each of them fails a task


def unsupported_architecture(architecture: str) -> ClientError:
    """Tell of a system for another processor than EC2 can start by way of an import."""
    return ClientError(f"Unsupported architecture {_shown(architecture)}")


def other_architecture(told: str, found: str) -> ClientError:
    """Tell of an architecture that is not the one the client named."""
    return ClientError(
        f"The architecture {_shown(told)} does not match the operating system ({_shown(found)})"
    )


def other_platform(told: str, found: str) -> ClientError:
    """Tell of a platform that is not the one the client named."""
    return ClientError(f"The platform {_shown(told)} does not match the operating system ({found})")


def unsupported_root(filesystem: str) -> ClientError:
    """Tell of a root filesystem that can't be imported."""
    return ClientError(
        f"Unsupported configuration - The root file system {_shown(filesystem)} is not supported"
    )


def encrypted_volume() -> ClientError:
    """Tell of a volume that is encrypted inside the guest."""
    return ClientError("Unsupported configuration - Encrypted volumes are not supported")


def wrong_license(license_type: str, system: str) -> ClientError:
    """Tell of a licence that the system can't have."""
    return ClientError(f"The license type {license_type} is not supported for {system}")


def wrong_usage(operation: str, system: str) -> ClientError:
    """Tell of a usage operation that stands for another system, or for a licence it can't have."""
    return ClientError(f"The usage operation {_shown(operation)} is not supported for {system}")


def wrong_boot_mode(mode: str) -> ClientError:
    """Tell of a boot mode in which the disks can't start."""
    return ClientError(f"The disk image can not be booted in the boot mode {_shown(mode)}")


def no_fallback_loader() -> ClientError:
    """Tell of a Linux that starts by UEFI, without the loader that EC2's firmware looks for."""
    return ClientError(
        "Unsupported configuration - BOOTX64.EFI was not found on the EFI system partition"
    )


def platform_needed() -> ClientError:
    """Tell of a disk from a snapshot that starts by UEFI, where the platform was not said."""
    return ClientError(
        "The platform must be specified when a UEFI image is imported from a snapshot"
    )


def no_net_framework() -> ClientError:
    """Tell of a Windows without the .NET Framework that its agent needs."""
    # The guide's own text; assumed: that a Windows without it is refused before it is started.
    return ClientError(
        "Booter Networking failure/instance not reachable. Please retry after installation of "
        ".Net framework 3.5 SP1 or greater."
    )


def hyper_v_role() -> ClientError:
    """Tell of a Windows that is a host of virtual machines itself."""
    return ClientError("Unsupported configuration - The Hyper-V role is installed")


def unsupported_language(language: str) -> ClientError:
    """Tell of a Windows in a language that can't be imported."""
    return ClientError(
        f"Unsupported configuration - The language {_shown(language)} is not supported"
    )


def unsupported_in_region(system: str, region: str) -> ClientError:
    """Tell of a Windows that can't be imported into a Region."""
    return ClientError(f"{system} is not supported in the Region {_shown(region)}")


def no_room() -> ClientError:
    """Tell of a Windows whose volume is too full for drivers and agents."""
    return ClientError(
        "Unsupported configuration - There is not enough free space on the root volume"
    )


def _shown(name: str) -> str:
    """Return what may stand in an answer of a name that anybody may have made up."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:NAME])
