"""What the README shows is what the code says."""

from tests import readme


def test_the_tables_of_the_readme_are_current() -> None:
    assert readme.README.read_text() == readme.current(), "run: make docs"
