/** Charts of time series. */

import { useEffect, useRef } from "react";
import {
  AreaSeries, CandlestickSeries, createChart, HistogramSeries, LineSeries,
  type AutoscaleInfo, type IChartApi, type ISeriesApi, type SeriesType, type UTCTimestamp,
} from "lightweight-charts";
import { formatDollars, formatPrice } from "./format";

type Figure = number | null;

/** Columns as the graph gives them. */
export type Drawing =
  | { kind: "candles"; timestamp: readonly number[]; open: readonly Figure[]; high: readonly Figure[]; low: readonly Figure[]; close: readonly Figure[] }
  | { kind: "line" | "area" | "signed"; timestamp: readonly number[]; values: readonly Figure[]; format: (value: number) => string; range?: readonly [number, number] }
  | { kind: "mirrored"; timestamp: readonly number[]; up: readonly Figure[]; down: readonly Figure[] };

const COLOURS = { up: "#169b77", down: "#d6455d", line: "#3b82f6" };
const dark = matchMedia("(prefers-color-scheme: dark)");

const time = (timestamp: number): UTCTimestamp => (timestamp / 1000) as UTCTimestamp;

/** Points of a column; a figure that is missing is a gap. */
function points(timestamp: readonly number[], values: readonly Figure[], colour?: (value: number) => string) {
  return timestamp.map((moment, index) => {
    const value = values[index];
    if (value === null || value === undefined) return { time: time(moment) };
    return colour ? { time: time(moment), value, color: colour(value) } : { time: time(moment), value };
  });
}

function candles({ timestamp, open, high, low, close }: Extract<Drawing, { kind: "candles" }>) {
  return timestamp.map((moment, index) => {
    const figures = [open[index], high[index], low[index], close[index]];
    if (figures.some((figure) => figure === null || figure === undefined)) return { time: time(moment) };
    const [first, most, least, last] = figures as [number, number, number, number];
    return { time: time(moment), open: first, high: most, low: least, close: last };
  });
}

function priceFormat(formatter: (value: number) => string) {
  return { type: "custom" as const, minMove: 1e-8, formatter };
}

/** Show the whole range, and what lies outside of it as well. */
function scaleOf(range: readonly [number, number] | undefined) {
  if (range === undefined) return {};
  const autoscaleInfoProvider = (original: () => AutoscaleInfo | null) => {
    const { minValue, maxValue } = original()?.priceRange ?? { minValue: range[0], maxValue: range[1] };
    return { priceRange: { minValue: Math.min(range[0], minValue), maxValue: Math.max(range[1], maxValue) } };
  };
  return { autoscaleInfoProvider };
}

/** Add the series of a drawing; returns them in the order in which `fill` gives them their points. */
function addSeries(chart: IChartApi, drawing: Drawing): ISeriesApi<SeriesType>[] {
  const quiet = { priceLineVisible: false };
  switch (drawing.kind) {
    case "candles": {
      const { up, down } = COLOURS;
      const colours = { upColor: up, downColor: down, wickUpColor: up, wickDownColor: down, borderVisible: false };
      return [chart.addSeries(CandlestickSeries, { ...colours, priceFormat: priceFormat(formatPrice) })];
    }
    case "line":
      return [chart.addSeries(LineSeries, { ...quiet, ...scaleOf(drawing.range), color: COLOURS.line, lineWidth: 2, priceFormat: priceFormat(drawing.format) })];
    case "area":
      return [chart.addSeries(AreaSeries, { ...quiet, lineColor: COLOURS.line, topColor: "#3b82f666", bottomColor: "#3b82f608", lineWidth: 2, priceFormat: priceFormat(drawing.format) })];
    case "signed":
      return [chart.addSeries(HistogramSeries, { ...quiet, priceFormat: priceFormat(drawing.format) })];
    case "mirrored": {
      const options = { ...quiet, lastValueVisible: false, priceFormat: priceFormat((value) => formatDollars(Math.abs(value))) };
      return [COLOURS.up, COLOURS.down].map((color) => chart.addSeries(HistogramSeries, { ...options, color }));
    }
  }
}

function fill([first, second]: ISeriesApi<SeriesType>[], drawing: Drawing): void {
  if (drawing.kind === "candles") first?.setData(candles(drawing));
  else if (drawing.kind === "mirrored") {
    first?.setData(points(drawing.timestamp, drawing.up));
    second?.setData(points(drawing.timestamp, drawing.down.map((value) => value && -value)));
  } else {
    const colour = (value: number) => (value < 0 ? COLOURS.down : COLOURS.up);
    first?.setData(points(drawing.timestamp, drawing.values, drawing.kind === "signed" ? colour : undefined));
  }
}

function theme() {
  const [text, grid] = dark.matches ? ["#aab4c3", "#262e3a"] : ["#4a5566", "#e6eaf0"];
  return {
    layout: { background: { color: "transparent" }, textColor: text, attributionLogo: false, fontFamily: "inherit" },
    grid: { vertLines: { visible: false }, horzLines: { color: grid } },
    timeScale: { borderColor: grid, timeVisible: true, rightOffset: 1, fixLeftEdge: true, fixRightEdge: true },
    rightPriceScale: { borderColor: grid, minimumWidth: 64 },
  };
}

export function Chart({ drawing, label }: { drawing: Drawing; label: string }) {
  const element = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ chart: IChartApi; series: ISeriesApi<SeriesType>[] }>(null);
  const { kind } = drawing;

  useEffect(() => {
    if (element.current === null) return undefined;
    const chart = createChart(element.current, { ...theme(), autoSize: true, handleScroll: false, handleScale: false });
    drawn.current = { chart, series: addSeries(chart, drawing) };
    const adapt = () => chart.applyOptions(theme());
    dark.addEventListener("change", adapt);
    return () => {
      dark.removeEventListener("change", adapt);
      chart.remove();
    };
  }, [kind]);

  useEffect(() => {
    if (drawn.current === null) return;
    fill(drawn.current.series, drawing);
    drawn.current.chart.timeScale().fitContent();
  }, [drawing, kind]);

  return <div className="chart" ref={element} role="img" aria-label={label} data-points={drawing.timestamp.length} />;
}
