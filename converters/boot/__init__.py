"""Computers that run what was imported: QEMU, what it is wired to, and whether a disk starts in it.

machine ─► computer ─► QEMU ──serial, firmware──► console ─┐
 (value)      │          │ ──screen, statistics─► watch ───┤► seen ─► verdicts
              monitor    └─────────wire─────────► network ─┘          (a table)
"""
