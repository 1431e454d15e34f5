/** What ECharts is told to draw of a heatmap: a rectangle for each cell, and the price over them. */

import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams, CustomSeriesRenderItemReturn } from 'echarts';
import type { EChartsCoreOption } from 'echarts/core';
import { formatNumber, formatTime } from '../../drawing/index.js';
import type { HeatmapDrawing } from '../../drawing/types';
import { type Colours, RAMP } from './colours';
import { frame, timeAxis, valueAxis } from './options';

const BRIGHTEST = 0.98; // the quantile from which on cells have the last colour, so that one level does not darken all

export function heatmapOption(drawing: HeatmapDrawing, colours: Colours): EChartsCoreOption {
  const { times, prices, cells, unit } = drawing;
  const [width, height] = [least(times), least(prices)];
  const ceiling = quantile(cells.values, BRIGHTEST) || 1;
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 1];
  const [low, high] = [prices[0] ?? 0, prices.at(-1) ?? 1];
  return {
    ...frame(colours, 0),
    grid: { left: 8, right: 16, top: 8, bottom: 48, containLabel: true, show: true, backgroundColor: RAMP[0], borderWidth: 0 },
    tooltip: {
      renderMode: 'richText',
      confine: true,
      backgroundColor: colours.paper,
      borderColor: colours.grid,
      textStyle: { color: colours.ink, fontSize: 12 },
      formatter: ({ value: [time, price, value] }: { value: [number, number, number] }) =>
        [`${formatTime(time)} UTC`, `Price ${formatNumber(price, 'number', 'full')}`, formatNumber(value, unit, 'full')].join('\n'),
    },
    xAxis: { ...timeAxis(colours), min: first - width / 2, max: last + width / 2 },
    yAxis: {
      ...valueAxis(colours, (value) => formatNumber(value), false),
      position: 'right',
      min: low - height / 2,
      max: high + height / 2,
      splitLine: { show: false },
    },
    visualMap: {
      min: 0,
      max: ceiling,
      dimension: 2,
      seriesIndex: 0,
      orient: 'horizontal',
      left: 8,
      bottom: 0,
      itemWidth: 12,
      itemHeight: 120,
      inRange: { color: RAMP },
      textStyle: { color: colours.muted },
      text: [formatNumber(ceiling, unit), '0'],
      calculable: false,
    },
    series: [
      {
        type: 'custom',
        clip: true,
        progressive: 4000,
        renderItem: (_: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => cell(api, width, height),
        data: cells.values.map((value, index) => [times[cells.times[index] ?? 0], prices[cells.prices[index] ?? 0], value]),
      },
      ...(drawing.price ? [priceSeries(drawing.price, colours)] : []),
    ],
  };
}

function cell(api: CustomSeriesRenderItemAPI, width: number, height: number): CustomSeriesRenderItemReturn {
  const [x, y] = api.coord([api.value(0), api.value(1)]);
  const size = api.size?.([width, height]);
  const [wide, tall] = Array.isArray(size) ? size : [1, 1];
  const shape = { x: (x ?? 0) - (wide ?? 1) / 2, y: (y ?? 0) - (tall ?? 1) / 2, width: (wide ?? 1) + 0.5, height: Math.max(1, tall ?? 1) + 0.5 };
  return { type: 'rect', shape, style: { fill: String(api.visual('color')) } };
}

function priceSeries(price: NonNullable<HeatmapDrawing['price']>, colours: Colours) {
  const width = least(price.times) * 0.6;
  return {
    type: 'custom',
    clip: true,
    silent: true,
    renderItem: (_: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => candle(api, width, colours),
    data: price.candles.flatMap((one, index) => (one ? [[price.times[index], one.open, one.high, one.low, one.close]] : [])),
  };
}

function candle(api: CustomSeriesRenderItemAPI, width: number, { up, down }: Colours): CustomSeriesRenderItemReturn {
  const [time, open, high, low, close] = [0, 1, 2, 3, 4].map((dimension) => Number(api.value(dimension)));
  const at = (value: number | undefined) => api.coord([time ?? 0, value ?? 0]);
  const [x = 0, top = 0] = at(Math.max(open ?? 0, close ?? 0));
  const bottom = at(Math.min(open ?? 0, close ?? 0))[1] ?? 0;
  const size = api.size?.([width, 0]);
  const wide = Math.max(1, Array.isArray(size) ? (size[0] ?? 1) : 1);
  const colour = (close ?? 0) >= (open ?? 0) ? up : down;
  return {
    type: 'group',
    children: [
      { type: 'line', shape: { x1: x, x2: x, y1: at(high)[1] ?? 0, y2: at(low)[1] ?? 0 }, style: { stroke: colour } },
      { type: 'rect', shape: { x: x - wide / 2, y: top, width: wide, height: Math.max(1, bottom - top) }, style: { fill: colour } },
    ],
  };
}

/** Return the smallest distance of neighbours. */
function least(sorted: number[]): number {
  const gap = sorted.slice(1).reduce((smallest, value, index) => Math.min(smallest, value - (sorted[index] ?? value)), Infinity);
  return Number.isFinite(gap) && gap > 0 ? gap : 1;
}

function quantile(values: number[], share: number): number {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
