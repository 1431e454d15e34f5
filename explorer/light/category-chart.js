/** Horizontal bars by name. */

import { formatNumber } from '../drawing/format.js';
import { linear, padded } from './scale.js';
import { bottomAxis, colouring, line, textWidth } from './surface.js';

/** @import { CategoryDrawing } from '../drawing/types.js' */
/** @import { Painted, Theme } from './surface.js' */

const BAR = 11;
const LABEL_ROOM = 0.38; // of the width at most

/** @param {CategoryDrawing} drawing */
export function categoryHeight(drawing) {
  return drawing.labels.length * rowHeight(drawing) + 44;
}

/** @param {CategoryDrawing} drawing */
function rowHeight({ series, form }) {
  return form === 'mirrored' ? 22 : Math.max(22, series.length * BAR + 8);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @param {CategoryDrawing} drawing
 * @returns {Painted}
 */
export function paintCategories(context, width, height, theme, drawing) {
  const unit = drawing.axes[0]?.unit ?? 'number';
  const labels = Math.min(textWidth(context, theme, drawing.labels), width * LABEL_ROOM);
  const frame = { left: labels + 16, right: width - 20, top: 8, bottom: height - 26 };
  const values = drawing.series.flatMap(({ values: list, mirrored }) => list.map((value) => (mirrored ? -1 : 1) * (value ?? 0)));
  const [low, high] = padded(Math.min(...values), Math.max(...values), true);
  const x = linear(low, high, frame.left, frame.right, (frame.right - frame.left) / 84);
  bottomAxis(context, x, frame, theme, (value) => formatNumber(drawing.form === 'mirrored' ? Math.abs(value) : value, unit));
  const row = (frame.bottom - frame.top) / drawing.labels.length;
  const colors = seriesColors(drawing, theme);
  drawing.labels.forEach((label, index) => {
    const top = frame.top + index * row;
    drawLabel(context, label, labels, top + row / 2, theme);
    drawBars(context, drawing, index, x, top, row, colors, theme);
  });
  line(context, x.at(0), frame.top, x.at(0), frame.bottom, theme.muted);
  return {
    count: drawing.labels.length,
    frame,
    nearest: (_, y) => Math.floor((y - frame.top) / row),
    read: (index) => ({
      x: -1,
      y: frame.top + (index + 0.5) * row,
      index,
      title: drawing.labels[index] ?? '',
      rows: drawing.series.map(({ name, values: list }, at) => ({ name, color: colors[at] ?? theme.ink, text: formatNumber(list[index] ?? null, unit, 'full') })),
    }),
  };
}

/**
 * @param {CategoryDrawing} drawing
 * @param {Theme} theme
 */
function seriesColors({ series, form }, theme) {
  const colorOf = colouring(theme);
  return series.map(({ tone }) => colorOf(form === 'mirrored' ? tone : null));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} label
 * @param {number} room
 * @param {number} y
 * @param {Theme} theme
 */
function drawLabel(context, label, room, y, theme) {
  let text = label;
  while (text.length > 1 && context.measureText(text === label ? text : `${text}…`).width > room + 1) text = text.slice(0, -1);
  context.fillStyle = theme.ink;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillText(text === label ? label : `${text}…`, room + 8, y);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {CategoryDrawing} drawing
 * @param {number} index
 * @param {import('./scale.js').Scale} x
 * @param {number} top
 * @param {number} row
 * @param {string[]} colors
 * @param {Theme} theme
 */
function drawBars(context, { series, form }, index, x, top, row, colors, theme) {
  const isMirrored = form === 'mirrored';
  const thick = isMirrored || series.length === 1 ? row * 0.62 : (row - 6) / series.length;
  series.forEach(({ values, mirrored }, at) => {
    const value = values[index] ?? null;
    if (value === null) return;
    const y = isMirrored || series.length === 1 ? top + (row - thick) / 2 : top + 3 + at * thick;
    const [from, to] = [x.at(0), x.at(mirrored ? -value : value)];
    context.fillStyle = series.length === 1 && value < 0 ? theme.down : (colors[at] ?? theme.ink);
    context.fillRect(Math.min(from, to), y, Math.max(value === 0 ? 0 : 1, Math.abs(to - from)), Math.max(1, thick - (series.length > 1 ? 1 : 0)));
  });
}
