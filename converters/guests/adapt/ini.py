"""Files of sections and keys, as systemd and NetworkManager have them, changed line by line."""

from dataclasses import dataclass

from converters.guests.adapt.text import body, commented, ending, is_idle, new_line, split


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a section: its value, and the lines that it stands on."""

    section: int  # which one, from 0
    name: str
    value: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Section:
    """The head of a section."""

    name: str
    line: int


class Ini:
    """The lines of a file while they are changed. Numbers of lines stay what they were."""

    def __init__(self, text: str, marks: str = "#;", continued: bool = False) -> None:
        self.lines = split(text)
        self.sections: list[Section] = []
        self._keys: list[list[Key]] = []  # of each section
        self._marks = marks
        self._read(continued)

    @property
    def text(self) -> str:
        """The file as it is now."""
        return "".join(self.lines)

    def all(self, section: str, *names: str) -> list[Key]:
        """Return the keys of these names in all sections of a name; without names, all keys."""
        return [
            key
            for head, keys in zip(self.sections, self._keys, strict=True)
            if head.name == section
            for key in keys
            if not names or key.name in names
        ]

    def disable(self, key: Key) -> None:
        """Make a comment of a key."""
        for number in range(key.first, key.last + 1):
            self.lines[number] = commented(self.lines[number])

    def disable_section(self, index: int) -> None:
        """Make a comment of a section and all its keys."""
        number = self.sections[index].line
        self.lines[number] = commented(self.lines[number])
        for key in self._keys[index]:
            self.disable(key)

    def set(self, key: Key, value: str) -> None:
        """Give a key a value."""
        line = self.lines[key.first]
        head, equals, rest = body(line).partition("=")
        blanks = rest[: len(rest) - len(rest.lstrip(" \t"))]
        self.disable(key)
        self.lines[key.first] = head + equals + blanks + value + ending(line)

    def add(self, section: int, text: str) -> None:
        """Write a line below the head of a section."""
        number = self.sections[section].line
        head = self.lines[number]
        self.lines[number] = new_line(body(head), head) + text + ending(head)

    def add_section(self, before: int, *lines: str) -> None:
        """Write lines before another one."""
        added = "".join(new_line(line, self.lines[0]) for line in lines)
        self.lines[before] = added + self.lines[before]

    def _read(self, continued: bool) -> None:
        number = 0
        while number < len(self.lines):
            first = number
            content = body(self.lines[number]).strip(" \t\r")
            if not is_idle(self.lines[number], self._marks):
                while continued and body(self.lines[number]).endswith("\\"):
                    if number + 1 == len(self.lines):
                        break
                    number += 1
                if content.startswith("[") and content.endswith("]"):
                    self.sections.append(Section(content[1:-1], first))
                    self._keys.append([])
                    number = first
                elif "=" in content and self.sections:
                    name, _, value = content.partition("=")
                    index = len(self.sections) - 1
                    self._keys[-1].append(Key(index, name.rstrip(), value.strip(), first, number))
            number += 1
