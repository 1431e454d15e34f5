"""What may go wrong with an operation of the store."""


class StoreAway(Exception):
    """The store cannot be used for now. The operation may have been executed, or may not."""


class CommandRefused(Exception):
    """The store answered with an error, and goes on answering: no memory for a write, or a wrong command.

    `code` is the first word of the error, such as `OOM`.
    """

    def __init__(self, message: str, code: str = "ERR") -> None:
        super().__init__(message)
        self.code = code
