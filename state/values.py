"""The base of everything that is stored: frozen values, changed only by copying."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: compared by content, changed only by copying, strict about its members."""

    model_config = ConfigDict(frozen=True, extra="forbid")
