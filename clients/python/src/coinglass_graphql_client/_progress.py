"""Progress of a history."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a history is: pages of it, calls to CoinGlass so far, and seconds that it is about to wait."""

    done: int
    pages: int
    calls: int
    waiting: float = 0


Report: TypeAlias = Callable[[Progress], None]
OnProgress: TypeAlias = bool | Report


@contextmanager
def reporting(on_progress: OnProgress) -> Iterator[Report]:
    """Yield the function that reports: the caller's, a bar, or none."""
    if callable(on_progress):
        yield on_progress
    elif on_progress:
        with _bar() as report:
            yield report
    else:
        yield lambda _: None


@contextmanager
def _bar() -> Iterator[Report]:
    try:
        from tqdm import tqdm  # noqa: PLC0415  # optional
    except ImportError:
        raise ImportError("a progress bar needs tqdm: pip install 'coinglass-graphql-client[progress]'") from None
    with tqdm(unit="page") as bar:

        def report(progress: Progress) -> None:
            bar.total = progress.pages
            bar.set_postfix_str(
                f"{progress.calls} calls" + (f", waiting {progress.waiting:.0f} s" if progress.waiting else ""),
                refresh=False,
            )
            bar.n = progress.done
            bar.refresh()

        yield report
