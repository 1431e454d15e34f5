/** What ECharts is told to draw: depth, profiles, events and categories. */

import type { EChartsCoreOption } from 'echarts/core';
import { formatNumber, formatTime } from '../../drawing/index.js';
import type { CategoryDrawing, DepthDrawing, EventsDrawing, ProfileDrawing, Unit } from '../../drawing/types';
import { colourEach, type Colours, FONT } from './colours';

const [MIN_DIAMETER, MAX_DIAMETER, DIAMETER] = [5, 32, 8];

interface Hovered {
  seriesName?: string;
  name?: string;
  marker?: string;
  data: number[] | { value: number[]; label?: string };
  value: number | number[];
  axisValue?: number | string;
}

/** `names`: how many series there are; a lone one needs no legend. */
export function frame(colours: Colours, names: number): EChartsCoreOption {
  const hasLegend = names > 1;
  return {
    animation: false,
    textStyle: { fontFamily: FONT, color: colours.muted },
    backgroundColor: colours.paper,
    grid: { left: 8, right: 16, top: hasLegend ? 34 : 12, bottom: 8, containLabel: true },
    legend: { show: hasLegend, top: 4, left: 4, textStyle: { color: colours.ink }, itemWidth: 12, itemHeight: 10 },
  };
}

function tooltip(colours: Colours, formatter: (hovered: Hovered[]) => string, trigger: 'axis' | 'item') {
  return {
    trigger,
    renderMode: 'richText',
    confine: true,
    backgroundColor: colours.paper,
    borderColor: colours.grid,
    textStyle: { color: colours.ink, fontSize: 12 },
    axisPointer: { type: trigger === 'axis' ? 'line' : 'cross', label: { show: false } },
    formatter: (hovered: Hovered | Hovered[]) => formatter(Array.isArray(hovered) ? hovered : [hovered]),
  };
}

/** `hasEnds`: whether the ends of the axis have labels, which are odd figures where they are not round ones. */
export function valueAxis(colours: Colours, format: (value: number) => string, hasEnds = true) {
  return {
    type: 'value',
    scale: true,
    axisLabel: { color: colours.muted, formatter: format, hideOverlap: true, ...(hasEnds ? {} : { showMinLabel: false, showMaxLabel: false }) },
    axisLine: { show: false },
    splitLine: { lineStyle: { color: colours.grid } },
  };
}

export function timeAxis(colours: Colours) {
  return {
    type: 'time',
    axisLabel: { color: colours.muted, hideOverlap: true },
    axisLine: { lineStyle: { color: colours.grid } },
    splitLine: { show: false },
    axisPointer: { label: { formatter: ({ value }: { value: number }) => `${formatTime(value)} UTC` } },
  };
}

export function depthOption(drawing: DepthDrawing, colours: Colours): EChartsCoreOption {
  const side = (name: string, colour: string, levels: [number, number][]) => ({
    type: 'line',
    name,
    step: 'end',
    showSymbol: false,
    color: colour,
    areaStyle: { opacity: 0.25 },
    data: levels,
  });
  return {
    ...frame(colours, 2),
    tooltip: tooltip(colours, (list) => depthText(list, drawing.unit), 'axis'),
    xAxis: { ...valueAxis(colours, (value) => formatNumber(value)), splitLine: { show: false } },
    yAxis: { ...valueAxis(colours, (value) => formatNumber(value, drawing.unit)), scale: false, position: 'right' },
    series: [
      { ...side('Bids', colours.up, accumulated(drawing.bids).reverse()), step: 'start' },
      side('Asks', colours.down, accumulated(drawing.asks)),
    ],
  };
}

function accumulated(levels: [number, number][]): [number, number][] {
  let sum = 0;
  return levels.map(([price, size]) => [price, (sum += size)]);
}

function depthText(list: Hovered[], unit: Unit): string {
  return list.map(({ seriesName, value }) => `${seriesName} up to ${formatNumber(pair(value)[0])}: ${formatNumber(pair(value)[1], unit)}`).join('\n');
}

function pair(value: number | number[]): [number, number] {
  return Array.isArray(value) ? [value[0] ?? 0, value[1] ?? 0] : [0, value];
}

export function profileOption(drawing: ProfileDrawing, colours: Colours): EChartsCoreOption {
  const palette = colourEach(drawing.series, colours);
  const unit = drawing.axes[0]?.unit ?? 'number';
  const mark = drawing.mark === null ? {} : { markLine: lastPrice(drawing.mark, colours) };
  const gap = drawing.prices.slice(1).reduce((least, price, index) => Math.min(least, price - (drawing.prices[index] ?? price)), Infinity);
  const isMirrored = drawing.form === 'mirrored';
  return {
    ...frame(colours, drawing.series.length),
    tooltip: tooltip(colours, (list) => [`Price ${formatNumber(pair(list[0]?.value ?? 0)[0], 'number', 'full')}`, ...list.map((one) => `${one.seriesName}: ${formatNumber(isMirrored ? Math.abs(pair(one.value)[1]) : pair(one.value)[1], unit, 'full')}`)].join('\n'), 'axis'),
    xAxis: {
      ...valueAxis(colours, (value) => formatNumber(value), false),
      splitLine: { show: false },
      min: Math.min(drawing.prices[0] ?? 0, drawing.mark ?? Infinity) - gap,
      max: Math.max(drawing.prices.at(-1) ?? 0, drawing.mark ?? -Infinity) + gap,
    },
    yAxis: { ...valueAxis(colours, (value) => formatNumber(isMirrored ? Math.abs(value) : value, unit)), scale: false, position: 'right' },
    series: drawing.series.map((series, index) => ({
      type: 'bar',
      name: series.name,
      color: palette[index],
      barGap: '-100%',
      barMinWidth: drawing.prices.length < 60 ? 4 : 1.5,
      ...(series.stacked || isMirrored ? { stack: 'all' } : {}),
      data: drawing.prices.map((price, at) => [price, signed(series.values[at] ?? null, series.mirrored)]), // stacked by index
      ...(index === 0 ? mark : {}),
    })),
  };
}

function signed(value: number | null, isMirrored: boolean): number | null {
  return value !== null && isMirrored ? -value : value;
}

function lastPrice(price: number, colours: Colours) {
  return {
    symbol: 'none',
    silent: true,
    lineStyle: { color: colours.ink, type: 'dashed' },
    label: { formatter: `Last ${formatNumber(price)}`, color: colours.ink },
    data: [{ xAxis: price }],
  };
}

export function eventsOption(drawing: EventsDrawing, colours: Colours): EChartsCoreOption {
  const unit = drawing.axes[0]?.unit ?? 'number';
  const palette = colourEach(drawing.groups, colours);
  const largest = Math.max(0, ...drawing.groups.flatMap(({ points }) => points.map(({ size }) => Math.abs(size ?? 0))));
  const diameter = (size: number | null) =>
    size === null || largest === 0 ? DIAMETER : MIN_DIAMETER + (MAX_DIAMETER - MIN_DIAMETER) * Math.sqrt(Math.abs(size) / largest);
  return {
    ...frame(colours, drawing.groups.length),
    tooltip: tooltip(colours, ([one]) => (one ? eventText(one, drawing, unit) : ''), 'item'),
    xAxis: timeAxis(colours),
    yAxis: { ...valueAxis(colours, (value) => formatNumber(value, unit)), position: 'right' },
    series: drawing.groups.map(({ name, points }, index) => ({
      type: 'scatter',
      name,
      color: palette[index],
      itemStyle: { opacity: 0.6 },
      data: points.map(({ time, value, size, label }) => ({ value: [time, value, size], label, symbolSize: diameter(size) })).map(({ label, ...item }) => ({ ...item, name: label })),
    })),
  };
}

function eventText(one: Hovered, drawing: EventsDrawing, unit: Unit): string {
  const [time = 0, value = null, size = null] = Array.isArray(one.value) ? one.value : [];
  const sizes = drawing.sizeName === null ? [] : [`${drawing.sizeName}: ${formatNumber(size, drawing.sizeUnit ?? 'number', 'full')}`];
  return [`${formatTime(time)} UTC`, one.name ?? '', `${one.seriesName}: ${formatNumber(value, unit, 'full')}`, ...sizes].filter((text) => text !== '').join('\n');
}

export function categoriesOption(drawing: CategoryDrawing, colours: Colours): EChartsCoreOption {
  const unit = drawing.axes[0]?.unit ?? 'number';
  const isMirrored = drawing.form === 'mirrored';
  const tones = drawing.series.map(({ tone }) => ({ tone: isMirrored ? tone : null }));
  const palette = colourEach(tones, colours);
  const text = (value: number) => formatNumber(isMirrored ? Math.abs(value) : value, unit);
  return {
    ...frame(colours, drawing.series.length),
    tooltip: tooltip(colours, (list) => [list[0]?.name ?? '', ...list.map((one) => `${one.seriesName}: ${formatNumber(isMirrored ? Math.abs(pair(one.value)[1]) : pair(one.value)[1], unit, 'full')}`)].join('\n'), 'axis'),
    xAxis: { ...valueAxis(colours, text), scale: false },
    yAxis: {
      type: 'category',
      inverse: true,
      data: drawing.labels,
      axisLabel: { color: colours.ink, width: 120, overflow: 'truncate', interval: 0 },
      axisLine: { lineStyle: { color: colours.muted } },
      axisTick: { show: false },
    },
    series: drawing.series.map((series, index) => ({
      type: 'bar',
      name: series.name,
      color: palette[index],
      ...(isMirrored ? { stack: 'all' } : {}),
      barMaxWidth: 18,
      data: series.values.map((value) => bar(value, series.mirrored, drawing.series.length === 1, colours)),
    })),
  };
}

function bar(value: number | null, isMirrored: boolean, isSigned: boolean, colours: Colours) {
  if (value === null) return null;
  return isSigned && value < 0 ? { value, itemStyle: { color: colours.down } } : isMirrored ? -value : value;
}
