"""Programs that turn disks into images and back, which run on the lifeline like qemu-img."""
