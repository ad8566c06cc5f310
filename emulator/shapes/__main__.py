"""The command `python -m emulator.shapes [--table]`."""

import sys

from emulator.shapes.generator import HERE, modules, table

if __name__ == "__main__":
    if "--table" in sys.argv[1:]:
        print(table())
    else:
        for service, source in modules().items():
            (HERE / f"{service}.py").write_text(source, "utf-8")
