/** Figures along a price axis: the depth of an order book, and bars by price level. */

import { formatNumber } from '../drawing/format.js';
import { linear, padded } from './scale.js';
import { bottomAxis, colouring, line, textWidth, valueAxis } from './surface.js';
import { nearestIndex } from './time-chart.js';

/** @import { DepthDrawing, ProfileDrawing, Unit } from '../drawing/types.js' */
/** @import { Painted, Theme } from './surface.js' */

const [MIN_BAR, MIN_SPARSE_BAR, SPARSE] = [1.5, 4, 60];

/**
 * Draw how much stands up to each price, from the middle of the book.
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @param {DepthDrawing} drawing
 * @returns {Painted}
 */
export function paintDepth(context, width, height, theme, drawing) {
  const sides = [
    { name: 'Bids', color: theme.up, levels: accumulated(drawing.bids).reverse() },
    { name: 'Asks', color: theme.down, levels: accumulated(drawing.asks) },
  ];
  const prices = sides.flatMap(({ levels }) => levels.map(([price]) => price));
  const sums = sides.flatMap(({ levels }) => levels.map(([, sum]) => sum));
  const { frame, x, y } = axes(context, width, height, theme, prices, [0, Math.max(...sums)], drawing.unit, 0);
  for (const { color, levels } of sides) area(context, levels.map(([price, sum]) => [x.at(price), y.at(sum)]), y.at(0), color);
  const points = sides.flatMap(({ name, color, levels }) => levels.map(([price, sum]) => ({ name, color, price, sum })));
  return {
    count: points.length,
    frame,
    nearest: (position) => nearestIndex(points.map(({ price }) => price), x.value(position)),
    read: (index) => {
      const { name, color, price, sum } = points[index] ?? { name: '', color: '', price: 0, sum: 0 };
      const rows = [{ name: `${name} up to here`, color, text: formatNumber(sum, drawing.unit, 'full') }];
      return { x: x.at(price), y: null, index, title: `Price ${formatNumber(price, 'number', 'full')}`, rows };
    },
  };
}

/**
 * @param {[number, number][]} levels
 * @returns {[number, number][]}
 */
function accumulated(levels) {
  let sum = 0;
  return levels.map(([price, size]) => [price, (sum += size)]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number[][]} points
 * @param {number} base
 * @param {string} color
 */
function area(context, points, base, color) {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return;
  context.beginPath();
  context.moveTo(first[0] ?? 0, base);
  for (const [px, py] of points) context.lineTo(px ?? 0, py ?? 0);
  context.lineTo(last[0] ?? 0, base);
  context.fillStyle = context.strokeStyle = color;
  context.globalAlpha = 0.25;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 1.75;
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @param {ProfileDrawing} drawing
 * @returns {Painted}
 */
export function paintProfile(context, width, height, theme, drawing) {
  const layers = profileLayers(drawing, theme);
  const tops = layers.flatMap(({ bars }) => bars.flatMap(({ from, to }) => [from, to]));
  const unit = drawing.axes[0]?.unit ?? 'number';
  const range = padded(Math.min(...tops), Math.max(...tops), true);
  const gap = smallestGap(drawing.prices);
  const marks = drawing.mark === null ? [] : [drawing.mark];
  const { frame, x, y } = axes(context, width, height, theme, [...drawing.prices, ...marks], range, unit, gap / 2);
  const body = Math.max(drawing.prices.length < SPARSE ? MIN_SPARSE_BAR : MIN_BAR, Math.abs(x.at(gap) - x.at(0)) * 0.8);
  for (const { color, bars } of layers) {
    context.fillStyle = color;
    for (const { price, from, to } of bars) {
      context.fillRect(x.at(price) - body / 2, Math.min(y.at(from), y.at(to)), body, Math.max(0.75, Math.abs(y.at(from) - y.at(to))));
    }
  }
  if (drawing.mark !== null) drawMark(context, x.at(drawing.mark), frame, theme, `Last ${formatNumber(drawing.mark)}`);
  return {
    count: drawing.prices.length,
    frame,
    nearest: (position) => nearestIndex(drawing.prices, x.value(position)),
    read: (index) => ({
      x: x.at(drawing.prices[index] ?? 0),
      y: null,
      index,
      title: `Price ${formatNumber(drawing.prices[index] ?? 0, 'number', 'full')}`,
      rows: drawing.series.map(({ name, values, axis }, at) => ({
        name,
        color: layers[at]?.color ?? theme.ink,
        text: formatNumber(values[index] ?? null, drawing.axes[axis]?.unit, 'full'),
      })),
    }),
  };
}

/**
 * @param {ProfileDrawing} drawing
 * @param {Theme} theme
 */
function profileLayers(drawing, theme) {
  const bases = drawing.prices.map(() => 0);
  const colorOf = colouring(theme);
  return drawing.series.map(({ values, tone, mirrored, stacked }) => {
    const color = colorOf(tone);
    const bars = values.flatMap((value, index) => {
      if (value === null) return [];
      const from = stacked ? (bases[index] ?? 0) : 0;
      const to = from + (mirrored ? -value : value);
      if (stacked) bases[index] = to;
      return [{ price: drawing.prices[index] ?? 0, from, to }];
    });
    return { color, bars };
  });
}

/** @param {number[]} prices */
function smallestGap(prices) {
  return prices.slice(1).reduce((least, price, index) => Math.min(least, price - (prices[index] ?? price)), Infinity) || 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {Painted['frame']} frame
 * @param {Theme} theme
 * @param {string} text
 */
function drawMark(context, x, frame, theme, text) {
  context.setLineDash([4, 3]);
  line(context, x, frame.top, x, frame.bottom, theme.ink);
  context.setLineDash([]);
  context.fillStyle = theme.ink;
  context.textBaseline = 'top';
  context.textAlign = x > (frame.left + frame.right) / 2 ? 'right' : 'left';
  context.fillText(text, x + (context.textAlign === 'right' ? -5 : 5), frame.top);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @param {number[]} prices
 * @param {[number, number]} range of the figures
 * @param {Unit} unit
 * @param {number} margin beside the outer prices
 */
function axes(context, width, height, theme, prices, range, unit, margin) {
  const frame = { left: 8, right: width - 8, top: 10, bottom: height - 26 };
  const y = linear(range[0], range[1], frame.bottom, frame.top, (frame.bottom - frame.top) / 44);
  const text = (/** @type {number} */ value) => formatNumber(Math.abs(value), unit);
  frame.right = width - textWidth(context, theme, y.ticks.map(text)) - 16;
  const x = linear(Math.min(...prices) - margin, Math.max(...prices) + margin, frame.left, frame.right, (frame.right - frame.left) / 84);
  bottomAxis(context, x, frame, theme, (value) => formatNumber(value));
  valueAxis(context, y, frame, theme, text, 'right', true);
  return { frame, x, y };
}
