"""What the store reports of itself."""


class StoreObserver:
    """Does nothing; metrics and logs override what they need. No argument contains a secret or a value."""

    def on_operation(self, name: str, seconds: float) -> None:
        """Count an operation that was answered, by its command or script."""

    def on_failure(self, name: str, kind: str) -> None:
        """Count an operation that failed: `away`, or the code of the refusal such as `OOM`."""

    def on_refusal(self, name: str, code: str, reason: str) -> None:
        """Report why an operation was refused, with the words of the server."""

    def on_away(self, reason: str) -> None:
        """Report that the store cannot be used from now on."""

    def on_unreachable(self, reason: str) -> None:
        """Report that an attempt to connect failed."""

    def on_return(self, seconds: float) -> None:
        """Report that the store can be used, after so many seconds without it."""
