"""Instances that run: boot sectors for what a machine does, tiny guests for all else."""
