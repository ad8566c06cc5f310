"""Plans what of a guest must change to run in EC2; writes nothing."""

from converters.guests.adapt.kept import kept_name

__all__ = ["kept_name"]
