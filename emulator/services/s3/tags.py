"""The rules for tags, which come in a header or in a document."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl

from emulator.services.s3 import errors
from emulator.shapes.s3 import Tag

MAX_OBJECT_TAGS = 10
MAX_BUCKET_TAGS = 50
MAX_KEY = 128  # characters
MAX_VALUE = 256


def from_header(text: str | None) -> dict[str, str]:
    """Read x-amz-tagging, which is spelled like a query string; raises what is wrong with it."""
    if not text:
        return {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        pairs = []
    if not pairs or len(dict(pairs)) < len(pairs):
        raise errors.tagging_header_invalid(text)
    return checked(pairs, MAX_OBJECT_TAGS)


def from_document(tag_set: Iterable[Tag], limit: int) -> dict[str, str]:
    """Read the tags of a document; raises what is wrong with them."""
    return checked([(tag["Key"], tag["Value"]) for tag in tag_set], limit)


def checked(pairs: Sequence[tuple[str, str]], limit: int) -> dict[str, str]:
    """Give tags that keep the rules; raises BadRequest or InvalidTag."""
    if len(pairs) > limit:
        raise errors.too_many_tags("Object" if limit == MAX_OBJECT_TAGS else "Bucket", limit)
    checked: dict[str, str] = {}
    for key, value in pairs:
        if not 0 < len(key) <= MAX_KEY:
            raise errors.invalid_tag("The TagKey you have provided is invalid", key)
        if len(value) > MAX_VALUE:
            raise errors.invalid_tag("The TagValue you have provided is invalid", key)
        if key.lower().startswith("aws:"):
            raise errors.invalid_tag("System tags cannot be added/updated by requester", key)
        if key in checked:
            raise errors.invalid_tag("Cannot provide multiple Tags with the same key", key)
        checked[key] = value
    return checked


def tag_set(tags: Mapping[str, str]) -> list[Tag]:
    """Give tags the way answers have them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
