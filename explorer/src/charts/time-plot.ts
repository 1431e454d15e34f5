/** Candles, lines and bars over time, drawn by lightweight-charts. */

import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  PriceScaleMode,
  type SeriesType,
  type UTCTimestamp,
} from 'lightweight-charts';
import { formatNumber, formatTime } from '../../drawing/index.js';
import type { Series, TimeDrawing, Unit } from '../../drawing/types';
import { colourEach, type Colours, FONT } from './colours';
import type { Plot, Reading, ReadingRow, Scale } from './plot';

interface Layer {
  series: Series;
  colour: string;
  /** Where each bar ends, on top of those that it is stacked on. */
  ends: (number | null)[];
  unit: Unit;
}

const MODES: Record<Scale, PriceScaleMode> = {
  linear: PriceScaleMode.Normal,
  log: PriceScaleMode.Logarithmic,
  percent: PriceScaleMode.Percentage,
};
const SIDES = ['right', 'left'] as const;
const LEAST_MOVE = 1e-8;
const VOLUME_TOP = 0.75; // of the height: volume takes the lowest quarter under candles
const ROOM_FOR_LABEL = 18; // pixels: half of the label of the newest time, which is cut off at the edge otherwise

export function timePlot(host: HTMLElement, first: TimeDrawing, colours: Colours, onRead: (reading: Reading) => void): Plot {
  let shown = shownOf(first, colours);
  const chart = emptyChart(host, first, colours);
  const drawn = inOrder(shown.layers).map((layer) => addLayer(chart, layer, colours));
  arrangeScales(chart, first);
  const fill = () => inOrder(shown.layers).forEach((layer, position) => drawn[position]?.setData(pointsOf(layer, shown.seconds, colours)));
  let index: number | null = null; // of the crosshair
  const read = () => onRead(readingOf(shown.drawing, shown.layers, index ?? shown.seconds.length - 1, colours));
  chart.subscribeCrosshairMove(({ time }) => {
    index = time === undefined ? null : (shown.indexes.get(time as number) ?? null);
    read();
  });
  fill();
  chart.timeScale().fitContent();
  read();
  return {
    update: (drawing) => {
      if (drawing === shown.drawing || drawing.kind !== 'time') return;
      const isWhole = showsAll(chart, shown.seconds.length);
      const at = index === null ? undefined : shown.seconds[index];
      shown = shownOf(drawing, colours);
      index = at === undefined ? null : (shown.indexes.get(at) ?? null);
      fill();
      if (isWhole) chart.timeScale().fitContent();
      read();
    },
    picture: () => chart.takeScreenshot(),
    setScale: (scale) => setScale(chart, shown.drawing, scale),
    step: (by) => {
      const last = shown.seconds.length - 1;
      index = Math.max(0, Math.min(last, (index ?? last) + by));
      const [series] = drawn;
      if (series) chart.setCrosshairPosition(valueAt(shown.layers, index), shown.seconds[index] as UTCTimestamp, series);
      read();
    },
    destroy: () => chart.remove(),
  };
}

interface Shown {
  drawing: TimeDrawing;
  layers: Layer[];
  seconds: number[];
  /** By seconds. */
  indexes: Map<number, number>;
}

function shownOf(drawing: TimeDrawing, colours: Colours): Shown {
  const seconds = drawing.times.map((time) => Math.floor(time / 1000));
  return { drawing, layers: layersOf(drawing, colours), seconds, indexes: new Map(seconds.map((time, index) => [time, index])) };
}

/** Say whether nothing is scrolled or zoomed out of the chart. */
function showsAll(chart: IChartApi, count: number): boolean {
  const range = chart.timeScale().getVisibleLogicalRange();
  return range === null || (range.from <= 0 && range.to >= count - 1);
}

function emptyChart(host: HTMLElement, drawing: TimeDrawing, colours: Colours): IChartApi {
  const line = { color: colours.grid };
  const step = Math.min(...drawing.times.slice(1).map((time, index) => time - (drawing.times[index] ?? 0)));
  return createChart(host, {
    autoSize: true,
    layout: {
      attributionLogo: true,
      background: { type: ColorType.Solid, color: colours.paper },
      textColor: colours.muted,
      fontFamily: FONT,
    },
    grid: { vertLines: line, horzLines: line },
    crosshair: { mode: CrosshairMode.Normal },
    rightPriceScale: { borderColor: colours.grid, entireTextOnly: true },
    leftPriceScale: { borderColor: colours.grid, entireTextOnly: true, visible: drawing.axes.length > 1 },
    timeScale: { borderColor: colours.grid, timeVisible: step < 86_400_000, secondsVisible: step < 60_000, minBarSpacing: 0.01, rightOffsetPixels: ROOM_FOR_LABEL },
    localization: { timeFormatter: (time: number) => `${formatTime(time * 1000, true)} UTC` },
    handleScroll: { vertTouchDrag: false, mouseWheel: false },
    handleScale: { mouseWheel: false }, // the wheel scrolls the page; pinching and dragging an axis zoom
  });
}

function layersOf(drawing: TimeDrawing, colours: Colours): Layer[] {
  const palette = colourEach(drawing.series, colours);
  const sums = { above: drawing.times.map(() => 0), below: drawing.times.map(() => 0) };
  return drawing.series.map((series, position) => ({
    series,
    colour: palette[position] ?? colours.ink,
    unit: drawing.axes[series.axis]?.unit ?? 'number',
    ends: series.values.map((value, index) => {
      if (value === null) return null;
      const signed = series.mirrored ? -value : value;
      if (!series.stacked) return signed;
      const side = signed < 0 ? sums.below : sums.above;
      return (side[index] = (side[index] ?? 0) + signed);
    }),
  }));
}

/** Each bar of a stack begins at zero, so that the ones below are drawn over it; lines come last. */
function inOrder(layers: Layer[]): Layer[] {
  const rank = { bars: 0, candles: 1, line: 2 };
  return [...layers].reverse().sort((a, b) => rank[a.series.shape] - rank[b.series.shape]);
}

function addLayer(chart: IChartApi, layer: Layer, colours: Colours): ISeriesApi<SeriesType> {
  const { series, colour } = layer;
  const isMirrored = series.shape === 'bars';
  const options = {
    priceScaleId: SIDES[series.axis],
    lastValueVisible: false,
    priceLineVisible: false,
    priceFormat: {
      type: 'custom' as const,
      minMove: LEAST_MOVE,
      formatter: (value: number) => formatNumber(isMirrored && layer.series.tone !== null ? Math.abs(value) : value, layer.unit),
    },
  };
  if (series.shape === 'candles') {
    const { up, down } = colours;
    return chart.addSeries(CandlestickSeries, { ...options, upColor: up, downColor: down, wickUpColor: up, wickDownColor: down, borderVisible: false });
  }
  if (series.shape === 'line') return chart.addSeries(LineSeries, { ...options, color: colour, lineWidth: 2 });
  return chart.addSeries(HistogramSeries, { ...options, color: series.axis === 1 ? `${colour}73` : colour, base: 0 });
}

function pointsOf({ series, ends }: Layer, seconds: number[], colours: Colours) {
  if (series.shape === 'candles') return points(seconds, (index) => series.candles?.[index] ?? null);
  const isSigned = series.shape === 'bars' && series.tone === null && !series.stacked && series.values.some((value) => (value ?? 0) < 0);
  return points(seconds, (index) => {
    const point = valuePoint(ends[index]);
    return point && isSigned ? { ...point, color: point.value < 0 ? colours.down : colours.up } : point;
  });
}

function valuePoint(value: number | null | undefined): { value: number } | null {
  return value === null || value === undefined ? null : { value };
}

/** The library takes ascending whole seconds once each; of several rows within one second the last one is drawn. */
function points<T extends object>(seconds: number[], at: (index: number) => T | null): (T & { time: UTCTimestamp })[] {
  const list: (T & { time: UTCTimestamp })[] = [];
  seconds.forEach((time, index) => {
    if (seconds[index + 1] === time) return;
    list.push({ ...(at(index) ?? ({} as T)), time: time as UTCTimestamp });
  });
  return list;
}

function arrangeScales(chart: IChartApi, drawing: TimeDrawing): void {
  const isBehind = drawing.form === 'candles' && drawing.series.every(({ axis, shape }) => axis === 0 || shape === 'bars');
  chart.priceScale('right').applyOptions({ scaleMargins: { top: 0.08, bottom: 0.08 } });
  if (drawing.axes.length > 1) {
    chart.priceScale('left').applyOptions({ scaleMargins: isBehind ? { top: VOLUME_TOP, bottom: 0 } : { top: 0.08, bottom: 0.08 } });
  }
}

/** Bars keep their scale, since they count from zero. */
function setScale(chart: IChartApi, drawing: TimeDrawing, scale: Scale): void {
  drawing.axes.forEach((_, axis) => {
    const hasBars = drawing.series.some((series) => series.axis === axis && series.shape === 'bars');
    chart.priceScale(axis === 0 ? 'right' : 'left').applyOptions({ mode: hasBars ? PriceScaleMode.Normal : MODES[scale] });
  });
}

function valueAt(layers: Layer[], index: number): number {
  return layers.map(({ ends }) => ends[index]).find((value) => value !== null && value !== undefined) ?? 0;
}

function readingOf(drawing: TimeDrawing, layers: Layer[], index: number, colours: Colours): Reading {
  return { title: `${formatTime(drawing.times[index] ?? 0, true)} UTC`, rows: layers.map((layer) => readingRow(layer, index, colours)) };
}

function readingRow({ series, colour, unit }: Layer, index: number, { up, down }: Colours): ReadingRow {
  const candle = series.candles?.[index];
  if (!series.candles) return { name: series.name, colour, text: formatNumber(series.values[index] ?? null, unit, 'full') };
  if (!candle) return { name: series.name, colour: up, text: '–' };
  const [open, high, low, close] = [candle.open, candle.high, candle.low, candle.close].map((value) => formatNumber(value, unit, 'full'));
  return { name: series.name, colour: candle.close < candle.open ? down : up, text: `O ${open}  H ${high}  L ${low}  C ${close}` };
}
