"""What `vmie check` tells people: the verdict first, then what is wrong, then what would change.

What stands in a guest was written by anybody: control characters do not get to a terminal.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from converters.guests.judge.machine_rules import number
from converters.guests.judge.rules import Finding
from converters.guests.plan import Plan
from emulator.cli.checked import REFUSED, TAKEN, Checked, kept_as

UNITS: Final = ("bytes", "KiB", "MiB", "GiB", "TiB")
TOGETHER: Final = 3  # disks that are shown by name
LINES: Final = 60  # of one diff; all of them are in the JSON
COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}


def show(
    console: Console, checked: Checked, seconds: float, *, everything: bool, diffs: bool
) -> None:
    """Print the verdict first, then what is wrong, then the rest."""
    say = Page(console)
    say.line(headline(checked), "bold")
    say.line(*opinion(checked))
    if error := checked.error:
        say.line(f"ClientError: {error}", "red", 2)
    if checked.code == TAKEN:
        say.line(outcome(checked), "", 2)
    show_rules(say, checked.findings, everything)
    say.gap()
    if checked.error:
        say.line("What the import would change is told once AWS would take it.", "dim")
    elif checked.plan is not None and checked.code == TAKEN:
        show_changes(say, checked.plan, diffs)
    say.line(f"Looked at in {seconds:.1f} s. Nothing was changed, nothing was uploaded.", "dim")


def headline(checked: Checked) -> str:
    """Return what it is about: the files and the system in them."""
    names = [path.name for path in checked.paths]
    more = f" and {len(names) - TOGETHER} more" if len(names) > TOGETHER else ""
    formats = "/".join(dict.fromkeys(each.disk.format for each in checked.held))
    size = sum(each.disk.size for each in checked.held)
    parts = [", ".join(names[:TOGETHER]) + more]
    if checked.held:
        several = f"{len(checked.held)} disks, " if len(checked.held) > 1 else ""
        parts.append(f"{several}{formats}, {bytes_shown(size)}")
    if checked.verdict is not None and checked.verdict.description:
        parts.append(checked.verdict.description)
    return " · ".join(parts)


def opinion(checked: Checked) -> tuple[str, str]:
    """Return the verdict, and how it looks."""
    if checked.code == REFUSED:
        return "✘ AWS would not import it.", "bold red"
    if checked.code != TAKEN:
        return "? Nobody could tell what system is on it.", "bold yellow"
    if checked.verdict is not None and not checked.verdict.certain:
        return "✔ AWS would import it, as far as could be seen.", "bold yellow"
    return "✔ AWS would import it.", "bold green"


def outcome(checked: Checked) -> str:
    """Return what the AMI would be."""
    verdict = checked.verdict
    assert verdict is not None
    words = (
        f"Platform {verdict.platform}",
        f"Architecture {verdict.architecture}" if verdict.architecture else None,
        f"BootMode {checked.boot_mode}" if checked.boot_mode else None,
        f"LicenseType {verdict.license_type}" if verdict.license_type else None,
        f"UsageOperation {verdict.usage_operation}" if verdict.usage_operation else None,
    )
    return "The AMI: " + ", ".join(word for word in words if word)


def show_rules(say: "Page", findings: Sequence[Finding], everything: bool) -> None:
    """Print what failed with its cure, then advice, then what was not seen, then what passed."""
    wrong = [each for each in findings if each.blocking and each.passed is False]
    for found in wrong:
        say.finding("✘", "red", found)
    for found in findings:
        if found.blocking and found.passed is None:
            say.finding("?", "yellow", found)
    for found in findings:
        if not found.blocking and found.passed is False:
            say.finding("!", "yellow", found)
    passed = [each for each in findings if each.passed]
    if passed:
        say.gap()
    if everything:
        for found in passed:
            say.line(f"✔ {found.rule:<20} {found.seen}", "green")
        for found in findings:
            if not found.blocking and found.passed is None:
                say.line(f"? {found.rule:<20} {found.seen}", "dim")
    elif passed:
        names = ", ".join(each.rule for each in passed)
        say.line(f"✔ {number(len(passed), 'rule')} passed: {names}", "green")


def show_changes(say: "Page", plan: Plan, diffs: bool) -> None:
    """Print what adapting would change, file by file."""
    if plan.files or plan.sectors:
        say.line("What the import would change", "bold")
    else:
        say.line("The import would change nothing.", "bold")
    for change in plan.files:
        kept = kept_as(change)
        say.line(f"{change.shown}", "bold cyan", 2)
        say.line(change.reason + (f"; the original stays as {kept}" if kept else "; new"), "", 4)
        if diffs and change.diff:
            say.diff(change.diff)
    for sectors in plan.sectors:
        say.line(f"disk {sectors.disk + 1}, byte {sectors.offset}", "bold cyan", 2)
        say.line(sectors.reason, "", 4)
    for sentence in plan.left_out:
        say.line(f"! {sentence}", "yellow", 2)
    say.gap()


class Page:
    """Prints texts as they are: nothing in them is markup, nothing moves the cursor."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, text: str, style: str = "", indent: int = 0) -> None:
        """Print a paragraph."""
        self._print(Text(clean(text), style=style), " " * indent)

    def gap(self) -> None:
        """Leave a line free."""
        self._console.print()

    def finding(self, mark: str, style: str, found: Finding) -> None:
        """Print what a rule asks, what was seen, what AWS says and the cure."""
        self.gap()
        title = Text(f"{mark} {found.rule}", style=f"bold {style}")
        self._print(Text.assemble(title, f"  {clean(found.sentence)}"))
        for name, text in told(found):
            self._print(Text(clean(text)), f"  {name:<7}")

    def diff(self, text: str) -> None:
        """Print a unified diff, coloured, the beginning of a long one."""
        lines = text.splitlines()
        for line in lines[:LINES]:
            self.line(line, COLOURS.get(line[:1], "dim"), 6)
        if len(lines) > LINES:
            self.line(f"… {len(lines) - LINES} lines more, see --json", "dim", 6)

    def _print(self, text: Text, before: str = "") -> None:
        """Print a text, wrapped; before it stands a word, and below that room."""
        wrapped = text.wrap(self._console, max(self._console.width - len(before), 20))
        for row, part in enumerate(wrapped):
            margin = before if row == 0 else " " * len(before)
            line = Text.assemble((margin, "dim"), part)
            line.rstrip()
            self._console.print(line, soft_wrap=True)


def told(found: Finding) -> Iterator[tuple[str, str]]:
    """Return what there is to say of a finding."""
    if found.seen:
        yield "why" if found.passed is None else "seen", found.seen
    if found.error:
        yield "AWS", f"ClientError: {found.error}"
    if found.remedy:
        yield "cure", found.remedy
    if not found.passed:
        yield "guide", found.section


def clean(text: str) -> str:
    """Return a text that does nothing to a terminal."""
    return "".join(
        letter if letter.isprintable() else " " if letter in "\t\n" else "�" for letter in text
    )


def bytes_shown(size: int) -> str:
    """Return a size as people write it."""
    power = min(max(size.bit_length() - 1, 0) // 10, len(UNITS) - 1)
    number = size / (1 << 10 * power)
    return f"{number:.0f} {UNITS[power]}" if number >= 100 else f"{number:.3g} {UNITS[power]}"
