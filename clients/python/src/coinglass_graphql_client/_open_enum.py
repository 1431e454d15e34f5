"""Enums of answers, which a newer server may extend."""

from enum import StrEnum


class OpenEnum(StrEnum):
    """An enum that keeps a value which it does not have yet."""

    @classmethod
    def _missing_(cls, value: object) -> "OpenEnum | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member
