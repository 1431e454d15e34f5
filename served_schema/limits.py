"""The limits of one operation."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Most of each that one operation may have.

    `calls` to CoinGlass and `values` of the result are estimated from the arguments. `comparisons` are pairs of fields
    that have one name in one object; `names` are items of all arguments that list coins or pairs; `variables` are
    values in variables; `alias_length` is that of the longest alias, which stands in the result as often as there are
    objects. `export_values`: in an export, if that is more than `values`.
    """

    calls: int = 300
    values: int = 750_000
    depth: int = 10
    characters: int = 100_000
    tokens: int = 4_000
    fields: int = 4_000
    root_fields: int = 100
    aliases: int = 100
    alias_length: int = 128
    directives: int = 50
    fragments: int = 200
    comparisons: int = 500
    names: int = 500
    variables: int = 5_000
    export_values: int = 0

    def of_exports(self) -> "Limits":
        """Return the limits of an export, in which `export_values` may allow more values."""
        return replace(self, values=max(self.values, self.export_values))


DEFAULT = Limits()
