"""The README's tables that are made from the code: `make docs` writes them, a test compares."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
TABLES = {
    "actions": ["emulator.shapes", "--table"],
    "settings": ["emulator.settings"],
}


def current() -> str:
    """Return the README with its tables as the code would write them now."""
    text = README.read_text()
    for name, command in TABLES.items():
        table = subprocess.run(
            [sys.executable, "-m", *command], stdout=subprocess.PIPE, check=True, text=True
        ).stdout.strip()
        text = re.sub(
            rf"(<!-- {name} -->\n).*(<!-- /{name} -->)",
            lambda found, table=table: f"{found[1]}{table}\n{found[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    return text


if __name__ == "__main__":
    README.write_text(current())
