"""What encoding and decoding raise."""


class Unencodable(Exception):
    """The value holds something that has no form in bytes."""


class UnreadableValue(Exception):
    """The bytes are not those of a value of ours; the message never repeats them."""
