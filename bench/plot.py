"""The plot of the growth, as SVG: CPU per request and per row over the rows of the answer, all axes logarithmic."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.growth import GrowthPoint

_WIDTH, _HEIGHT = 420, 300  # of a panel
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 40, 16, 48
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.title{font-weight:bold}.grid{stroke:#ddd}"
    ".line{fill:none;stroke:#1f77b4;stroke-width:2}.dot{fill:#1f77b4}"
)


@dataclass(frozen=True, slots=True)
class Axis:
    """Whole decades that hold the values, on pixels from `start` to `end`."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def of(cls, values: Sequence[float], start: float, end: float) -> "Axis":
        low = math.floor(math.log10(min(values)))
        return cls(low, max(low + 1, math.ceil(math.log10(max(values)))), start, end)

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def decades(self) -> list[float]:
        return [10.0**exponent for exponent in range(self.low, self.high + 1)]


def svg(points: Sequence[GrowthPoint]) -> str:
    per_request = [(item.rows, item.request) for item in points]
    per_row = [(item.rows, item.row) for item in points]
    panels = [
        *_panel("CPU per request, milliseconds", per_request, 0),
        *_panel("CPU per row, microseconds", per_row, _WIDTH),
    ]
    size = f'width="{2 * _WIDTH}" height="{_HEIGHT}" viewBox="0 0 {2 * _WIDTH} {_HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    return "\n".join(
        [head, f"<style>{_STYLE}</style>", '<rect width="100%" height="100%" fill="#fff"/>', *panels, "</svg>\n"]
    )


def _panel(title: str, values: Sequence[tuple[float, float]], offset: int) -> Iterator[str]:
    across = Axis.of([x for x, _ in values], offset + _LEFT, offset + _WIDTH - _RIGHT)
    up = Axis.of([y for _, y in values], _HEIGHT - _BOTTOM, _TOP)
    yield _text(title, across.start, _TOP - 16, "title")
    for x in across.decades():
        yield _line(across.at(x), up.start, across.at(x), up.end)
        yield _text(f"{x:,.0f}", across.at(x), up.start + 18, anchor="middle")
    for y in up.decades():
        yield _line(across.start, up.at(y), across.end, up.at(y))
        yield _text(f"{y:,g}", across.start - 8, up.at(y) + 4, anchor="end")
    yield _text("rows of the answer", (across.start + across.end) / 2, up.start + 38, anchor="middle")
    yield from _curve([(across.at(x), up.at(y)) for x, y in values])


def _curve(points: Sequence[tuple[float, float]]) -> Iterator[str]:
    yield f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
    for x, y in points:
        yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(text: str, x: float, y: float, kind: str = "label", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
