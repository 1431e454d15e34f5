"""A value that must not be shown."""

from typing import Final

MIN_REDACTED: Final = 8  # characters: a shorter one can be a word of other texts, as the key of the sandbox


class Secret:
    """Text that shows itself only to `reveal`; repr, str and format print stars."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(Secret)
