"""Exports of instances: CreateInstanceExportTask; they are listed and cancelled with all others."""

from emulator.services.ec2.instance_exports import creation

ACTIONS = creation.actions.handlers
