/** Candles, lines and bars over time, on one axis or two. */

import { formatNumber, formatTick, formatTime } from '../drawing/format.js';
import { linear, logarithmic, padded, temporal } from './scale.js';
import { bottomAxis, colouring, line, textWidth, valueAxis } from './surface.js';

/** @import { Series, TimeDrawing, Unit } from '../drawing/types.js' */
/** @import { Painted, Theme } from './surface.js' */
/** @import { Scale } from './scale.js' */

/** @typedef {{ scale: 'linear' | 'log' | 'percent' }} Options */
/** @typedef {{ series: Series, color: string, bases: number[] | null }} Layer `bases`: where stacked bars begin. */
/** @typedef {Painted['frame']} Frame */

const AXIS_ROOM = 16;
const FALLING = 'falling';

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @param {TimeDrawing} drawing
 * @param {Options} options
 * @returns {Painted}
 */
export function paintTime(context, width, height, theme, drawing, options) {
  const shown = options.scale === 'percent' ? rebased(drawing) : drawing;
  const layers = layersOf(shown, theme);
  const { frame, axes } = layout(context, width, height, theme, shown, layers, options);
  const [first, last] = [shown.times[0] ?? 0, shown.times.at(-1) ?? 1];
  const slot = slotWidth(shown.times, frame);
  const inset = layers.some(({ series }) => series.shape !== 'line') ? slot / 2 : 0;
  const x = temporal(first, last, frame.left + inset, frame.right - inset, (frame.right - frame.left) / 74);
  bottomAxis(context, x, frame, theme, (time) => formatTick(time, x.step));
  axes.forEach(({ scale, text }, index) => valueAxis(context, scale, frame, theme, text, index === 0 ? 'right' : 'left', index === 0));
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  context.clip();
  for (const layer of inOrder(layers)) drawLayer(context, layer, shown.times, x, axes[layer.series.axis]?.scale, slot, theme);
  context.restore();
  return {
    count: shown.times.length,
    frame,
    nearest: (position) => nearestIndex(shown.times, x.value(position)),
    read: (index) => ({
      x: x.at(shown.times[index] ?? 0),
      y: null,
      index,
      title: `${formatTime(shown.times[index] ?? 0, true)} UTC`,
      rows: layers.map((layer) => reading(layer, index, axes[layer.series.axis]?.unit ?? 'number', theme)),
    }),
  };
}

/** Bars lie behind lines. @param {Layer[]} layers */
function inOrder(layers) {
  const rank = { bars: 0, candles: 1, line: 2 };
  return layers.toSorted((a, b) => rank[a.series.shape] - rank[b.series.shape]);
}

/**
 * @param {TimeDrawing} drawing
 * @param {Theme} theme
 * @returns {Layer[]}
 */
function layersOf(drawing, theme) {
  const [positive, negative] = [drawing.times.map(() => 0), drawing.times.map(() => 0)];
  const colorOf = colouring(theme);
  return drawing.series.map((series) => {
    const color = colorOf(series.tone);
    if (!series.stacked) return { series, color: isSigned(drawing, series) ? FALLING : color, bases: null };
    const bases = series.values.map((value, index) => {
      const side = (value ?? 0) < 0 ? negative : positive;
      const base = side[index] ?? 0;
      side[index] = base + (value ?? 0);
      return base;
    });
    return { series, color, bases };
  });
}

/**
 * Bars of a lone series with values below zero are coloured by their sign.
 * @param {TimeDrawing} drawing
 * @param {Series} series
 */
function isSigned(drawing, series) {
  const bars = drawing.series.filter(({ shape }) => shape === 'bars');
  return bars.length === 1 && series.shape === 'bars' && series.tone === null && series.values.some((value) => (value ?? 0) < 0);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @param {TimeDrawing} drawing
 * @param {Layer[]} layers
 * @param {Options} options
 */
function layout(context, width, height, theme, drawing, layers, options) {
  const frame = { left: 8, right: width - 8, top: 10, bottom: height - 26 };
  const axes = drawing.axes.map(({ unit }, index) => {
    const own = layers.filter(({ series }) => series.axis === index);
    const behind = index === 1 && drawing.form === 'candles' && own.every(({ series }) => series.shape === 'bars');
    const isMirrored = own.some(({ series }) => series.mirrored); // both sides count from zero
    const text = (/** @type {number} */ value) => formatNumber(isMirrored ? Math.abs(value) : value, unit);
    return { unit, text, scale: valueScale(own, frame, options.scale === 'log', behind) };
  });
  axes.forEach(({ scale, text }, index) => {
    const room = textWidth(context, theme, scale.ticks.map(text)) + AXIS_ROOM;
    if (index === 0) frame.right = width - room;
    else frame.left = room;
  });
  return { frame, axes };
}

/**
 * @param {Layer[]} layers
 * @param {Frame} frame
 * @param {boolean} isLog
 * @param {boolean} isBehind volume takes the lowest quarter
 * @returns {Scale}
 */
function valueScale(layers, frame, isLog, isBehind) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of extremes(layers)) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const hasBars = layers.some(({ series }) => series.shape === 'bars');
  const count = (frame.bottom - frame.top) / 44;
  if (isLog && low > 0 && !hasBars) return logarithmic(low * 0.98, high * 1.02, frame.bottom, frame.top, count);
  const [least, most] = padded(low, high, hasBars);
  if (!isBehind) return linear(least, most, frame.bottom, frame.top, count);
  return linear(least, most, frame.bottom, frame.bottom - (frame.bottom - frame.top) / 4, 2);
}

/** @param {Layer[]} layers */
function* extremes(layers) {
  for (const { series, bases } of layers) {
    for (const [index, value] of series.values.entries()) {
      const candle = series.candles?.[index];
      if (candle) {
        yield candle.low;
        yield candle.high;
      } else if (value !== null && series.shape !== 'candles') yield signed(series, value) + (bases?.[index] ?? 0);
    }
  }
}

/**
 * @param {Series} series
 * @param {number} value
 */
function signed(series, value) {
  return series.mirrored ? -value : value;
}

/**
 * @param {number[]} times
 * @param {Frame} frame
 */
function slotWidth(times, frame) {
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const gap = Math.min(...gaps, span || 1);
  return Math.max(1, ((frame.right - frame.left) * gap) / (span + gap || 1));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Layer} layer
 * @param {number[]} times
 * @param {Scale} x
 * @param {Scale | undefined} y
 * @param {number} slot
 * @param {Theme} theme
 */
function drawLayer(context, layer, times, x, y, slot, theme) {
  if (!y) return;
  const body = Math.max(1, slot * 0.72);
  if (layer.series.shape === 'line') drawLine(context, layer, times, x, y);
  else if (layer.series.shape === 'candles') drawCandles(context, layer.series, times, x, y, body, theme);
  else drawBars(context, layer, times, x, y, body, theme);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Layer} layer
 * @param {number[]} times
 * @param {Scale} x
 * @param {Scale} y
 */
function drawLine(context, { series, color }, times, x, y) {
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = 1.75;
  context.lineJoin = 'round';
  context.beginPath();
  let isBroken = true;
  series.values.forEach((value, index) => {
    if (value === null) {
      isBroken = true;
      return;
    }
    const [px, py] = [x.at(times[index] ?? 0), y.at(value)];
    const isAlone = isBroken && (series.values[index + 1] ?? null) === null;
    if (isAlone) context.fillRect(px - 1.5, py - 1.5, 3, 3);
    else if (isBroken) context.moveTo(px, py);
    else context.lineTo(px, py);
    isBroken = false;
  });
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Series} series
 * @param {number[]} times
 * @param {Scale} x
 * @param {Scale} y
 * @param {number} body
 * @param {Theme} theme
 */
function drawCandles(context, series, times, x, y, body, theme) {
  series.candles?.forEach((candle, index) => {
    if (!candle) return;
    const color = candle.close >= candle.open ? theme.up : theme.down;
    const px = x.at(times[index] ?? 0);
    line(context, px, y.at(candle.high), px, y.at(candle.low), color);
    const [top, bottom] = [y.at(Math.max(candle.open, candle.close)), y.at(Math.min(candle.open, candle.close))];
    context.fillStyle = color;
    context.fillRect(px - body / 2, top, body, Math.max(1, bottom - top));
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Layer} layer
 * @param {number[]} times
 * @param {Scale} x
 * @param {Scale} y
 * @param {number} body
 * @param {Theme} theme
 */
function drawBars(context, { series, color, bases }, times, x, y, body, theme) {
  context.globalAlpha = series.axis === 1 ? 0.45 : 0.9;
  series.values.forEach((value, index) => {
    if (value === null) return;
    const base = bases?.[index] ?? 0;
    const [from, to] = [y.at(base), y.at(base + signed(series, value))];
    context.fillStyle = color === FALLING ? (value < 0 ? theme.down : theme.up) : color;
    context.fillRect(x.at(times[index] ?? 0) - body / 2, Math.min(from, to), body, Math.max(value === 0 ? 0 : 0.75, Math.abs(from - to)));
  });
  context.globalAlpha = 1;
}

/**
 * @param {Layer} layer
 * @param {number} index
 * @param {Unit} unit
 * @param {Theme} theme
 */
function reading({ series, color }, index, unit, theme) {
  const candle = series.candles?.[index];
  const value = series.values[index] ?? null;
  const own = color === FALLING ? ((value ?? 0) < 0 ? theme.down : theme.up) : color;
  if (!series.candles) return { name: series.name, color: own, text: formatNumber(value, unit, 'full') };
  const parts = candle && [candle.open, candle.high, candle.low, candle.close].map((part) => formatNumber(part, unit, 'full'));
  return {
    name: series.name,
    color: candle && candle.close < candle.open ? theme.down : theme.up,
    text: parts ? `O ${parts[0]}  H ${parts[1]}  L ${parts[2]}  C ${parts[3]}` : '–',
  };
}

/**
 * @param {number[]} sorted
 * @param {number} value
 */
export function nearestIndex(sorted, value) {
  let [low, high] = [0, sorted.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle;
    else high = middle;
  }
  return Math.abs((sorted[low] ?? 0) - value) <= Math.abs((sorted[high] ?? 0) - value) ? low : high;
}

/**
 * Return the drawing with lines and candles as change since their first value, in percent; bars keep their figures.
 * @param {TimeDrawing} drawing
 * @returns {TimeDrawing}
 */
function rebased(drawing) {
  const hasBars = [0, 1].map((axis) => drawing.series.some((series) => series.axis === axis && series.shape === 'bars'));
  const series = drawing.series.map((one) => {
    const base = one.values.find((value) => value !== null && value !== 0) ?? null;
    if (hasBars[one.axis] || base === null) return one;
    const change = (/** @type {number} */ value) => ((value - base) / Math.abs(base)) * 100;
    return {
      ...one,
      values: one.values.map((value) => value === null ? null : change(value)),
      candles: one.candles && one.candles.map((candle) => candle && { open: change(candle.open), high: change(candle.high), low: change(candle.low), close: change(candle.close) }),
    };
  });
  return { ...drawing, series, axes: drawing.axes.map((axis, index) => (hasBars[index] ? axis : { unit: 'percent', title: 'change in percent' })) };
}
