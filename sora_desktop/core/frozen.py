"""The base of every value that rooms hand to each other."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable record. Unknown keys are an error, so that a renamed field is noticed and not lost."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


class Kept(BaseModel):
    """An immutable record that is stored for years: keys of a later version are ignored, not refused."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")
