"""Instances that run: a supervisor in the worker's process brings rows and machines together.

    rows ──► Supervisor ──claims──► Running ──► QEMU          as many as there is memory for
      ▲          │ every look          │  ├─ disks             volumes: plugged, switched, grown
      │          └── what is wished ──►│  ├─ Lan, a port       addresses, metadata, SSH
      └─────────── what has become ────┘  └─ Console           what it says, what it shows

What is wished stands in rows alone (state/machines.py). A machine that ends, whoever ended it, says
so in its row at once. One whose worker dies dies with it, by the lifeline, and whoever notices has
its instance stopped: it is not started again, for nobody knows what its guest was doing.

    stopping        the guest is asked as by its power button, and has a minute; forced: not asked
    a worker stops  QEMU writes what it has in hand, and ends; the guest is not asked
    reboots         the same button, then a reset
"""
