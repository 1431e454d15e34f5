/** Heatmaps: price levels over time, with the price over them. */

import { formatNumber, formatTick, formatTime } from '../drawing/format.js';
import { linear, temporal } from './scale.js';
import { bottomAxis, line, textWidth, valueAxis } from './surface.js';
import { nearestIndex } from './time-chart.js';

/** @import { HeatmapDrawing } from '../drawing/types.js' */
/** @import { Painted, Theme } from './surface.js' */
/** @import { Scale } from './scale.js' */

/** Dark to light, readable for the colour-blind: red, green, blue. */
const RAMP = /** @type {const} */ ([
  [28, 16, 68],
  [79, 18, 123],
  [181, 54, 122],
  [251, 135, 97],
  [252, 253, 191],
]);
const BRIGHTEST = 0.98; // the quantile from which on cells have the last colour, so that one level does not darken all

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @param {HeatmapDrawing} drawing
 * @returns {Painted}
 */
export function paintHeatmap(context, width, height, theme, drawing) {
  const { times, prices, cells } = drawing;
  const frame = { left: 8, right: width - 8, top: 10, bottom: height - 26 };
  const [low, high] = [prices[0] ?? 0, prices.at(-1) ?? 1];
  const rough = linear(low, high, frame.bottom, frame.top, (frame.bottom - frame.top) / 44);
  frame.right = width - textWidth(context, theme, rough.ticks.map((value) => formatNumber(value))) - 16;
  const [cellWidth, cellHeight] = [(frame.right - frame.left) / times.length, (frame.bottom - frame.top) / prices.length];
  const x = temporal(times[0] ?? 0, times.at(-1) ?? 1, frame.left + cellWidth / 2, frame.right - cellWidth / 2, (frame.right - frame.left) / 74);
  const y = linear(low, high, frame.bottom - cellHeight / 2, frame.top + cellHeight / 2, (frame.bottom - frame.top) / 44);
  bottomAxis(context, x, frame, theme, (time) => formatTick(time, x.step));
  valueAxis(context, y, frame, theme, (value) => formatNumber(value), 'right', false);
  context.fillStyle = rampColor(0);
  context.fillRect(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  const ceiling = quantile(cells.values, BRIGHTEST) || 1;
  const spans = levelHeights(prices, y, cellHeight);
  cells.values.forEach((value, index) => {
    const [time, price] = [times[cells.times[index] ?? 0] ?? 0, cells.prices[index] ?? 0];
    context.fillStyle = rampColor(Math.sqrt(Math.max(0, value) / ceiling));
    const tall = spans[price] ?? cellHeight;
    context.fillRect(x.at(time) - cellWidth / 2, y.at(prices[price] ?? 0) - tall / 2, cellWidth + 0.5, tall + 0.5);
  });
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  context.clip();
  if (drawing.price) drawPrice(context, drawing.price, x, y, theme);
  context.restore();
  return { count: cells.values.length, frame, ...cursor(drawing, x, y) };
}

/**
 * Return how tall the cells of each price are: up to the middle between neighbours.
 * @param {number[]} prices
 * @param {Scale} y
 * @param {number} least
 */
function levelHeights(prices, y, least) {
  return prices.map((price, index) => {
    const gaps = [prices[index - 1], prices[index + 1]].flatMap((other) => (other === undefined ? [] : [Math.abs(y.at(other) - y.at(price))]));
    return Math.max(1, Math.min(...gaps, least * 4));
  });
}

/**
 * @param {HeatmapDrawing} drawing
 * @param {Scale} x
 * @param {Scale} y
 */
function cursor({ times, prices, cells, unit }, x, y) {
  const index = new Map(cells.values.map((_, cell) => [`${cells.times[cell]} ${cells.prices[cell]}`, cell]));
  const nearest = (/** @type {number} */ px, /** @type {number} */ py) => {
    const [time, price] = [nearestIndex(times, x.value(px)), nearestIndex(prices, y.value(py))];
    return index.get(`${time} ${price}`) ?? -1;
  };
  const read = (/** @type {number} */ cell) => {
    const [time, price] = [times[cells.times[cell] ?? 0] ?? 0, prices[cells.prices[cell] ?? 0] ?? 0];
    const text = formatNumber(cells.values[cell] ?? null, unit, 'full');
    return { x: x.at(time), y: y.at(price), index: cell, title: `${formatTime(time, true)} UTC`, rows: [{ name: formatNumber(price, 'number', 'full'), color: '', text }] };
  };
  return { nearest, read };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {NonNullable<HeatmapDrawing['price']>} price
 * @param {Scale} x
 * @param {Scale} y
 * @param {Theme} theme
 */
function drawPrice(context, price, x, y, theme) {
  const gap = Math.abs(x.at(price.times[1] ?? 0) - x.at(price.times[0] ?? 0));
  const body = Math.max(1, gap * 0.6);
  price.candles.forEach((candle, index) => {
    if (!candle) return;
    const [px, color] = [x.at(price.times[index] ?? 0), candle.close >= candle.open ? theme.up : theme.down];
    line(context, px, y.at(candle.high), px, y.at(candle.low), color);
    const [top, bottom] = [y.at(Math.max(candle.open, candle.close)), y.at(Math.min(candle.open, candle.close))];
    context.fillStyle = color;
    context.fillRect(px - body / 2, top, body, Math.max(1, bottom - top));
  });
}

/** @param {number} share of the brightest colour */
export function rampColor(share) {
  const position = Math.min(0.9999, Math.max(0, share)) * (RAMP.length - 1);
  const step = Math.floor(position);
  const [from, to] = [RAMP[step] ?? RAMP[0], RAMP[step + 1] ?? RAMP[4]];
  return `rgb(${from.map((part, index) => Math.round(part + ((to[index] ?? part) - part) * (position - step))).join(' ')})`;
}

/**
 * @param {number[]} values
 * @param {number} share
 */
export function quantile(values, share) {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
