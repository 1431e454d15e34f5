/** Single events over time: a circle for each, its area by size. */

import { formatNumber, formatTick, formatTime } from '../drawing/format.js';
import { linear, padded, temporal } from './scale.js';
import { bottomAxis, colouring, textWidth, valueAxis } from './surface.js';

/** @import { EventsDrawing } from '../drawing/types.js' */
/** @import { Painted, Theme } from './surface.js' */

const [MIN_RADIUS, MAX_RADIUS, RADIUS] = [2.5, 16, 4];

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @param {EventsDrawing} drawing
 * @returns {Painted}
 */
export function paintEvents(context, width, height, theme, drawing) {
  const points = eventPoints(drawing, theme);
  const unit = drawing.axes[0]?.unit ?? 'number';
  const frame = { left: 8, right: width - 8, top: 10, bottom: height - 26 };
  const [times, values] = [points.map(({ time }) => time), points.map(({ value }) => value)];
  const [low, high] = padded(Math.min(...values), Math.max(...values), false);
  const y = linear(low, high, frame.bottom, frame.top, (frame.bottom - frame.top) / 44);
  frame.right = width - textWidth(context, theme, y.ticks.map((value) => formatNumber(value, unit))) - 16;
  const x = temporal(Math.min(...times), Math.max(...times), frame.left + MAX_RADIUS, frame.right - MAX_RADIUS, (frame.right - frame.left) / 74);
  bottomAxis(context, x, frame, theme, (time) => formatTick(time, x.step));
  valueAxis(context, y, frame, theme, (value) => formatNumber(value, unit), 'right', true);
  const largest = Math.max(...points.map(({ size }) => Math.abs(size ?? 0)), 0);
  for (const { time, value, size, color } of points) {
    const radius = size === null || largest === 0 ? RADIUS : MIN_RADIUS + (MAX_RADIUS - MIN_RADIUS) * Math.sqrt(Math.abs(size) / largest);
    disc(context, x.at(time), y.at(value), radius, color);
  }
  const places = points.map(({ time, value }) => [x.at(time), y.at(value)]);
  return {
    count: points.length,
    frame,
    nearest: (px, py) => closest(places, px, py),
    read: (index) => {
      const { time = 0, value = null, size = null, name = '', label = '', color = '' } = points[index] ?? {};
      const sizes = drawing.sizeName !== null ? [{ name: drawing.sizeName, color: '', text: formatNumber(size, drawing.sizeUnit ?? 'number', 'full') }] : [];
      const title = [`${formatTime(time)} UTC`, label].filter((text) => text !== '').join(' · ');
      return { x: x.at(time), y: y.at(value ?? 0), index, title, rows: [{ name, color, text: formatNumber(value, unit, 'full') }, ...sizes] };
    },
  };
}

/**
 * @param {EventsDrawing} drawing
 * @param {Theme} theme
 */
function eventPoints(drawing, theme) {
  const colorOf = colouring(theme);
  const points = drawing.groups.flatMap(({ name, tone, points }) => {
    const color = colorOf(tone);
    return points.map((point) => ({ ...point, name, color }));
  });
  return points.sort((a, b) => a.time - b.time);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {string} color
 */
function disc(context, x, y, radius, color) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = context.strokeStyle = color;
  context.globalAlpha = 0.45;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 1;
  context.stroke();
}

/**
 * @param {number[][]} places
 * @param {number} x
 * @param {number} y
 */
function closest(places, x, y) {
  const distances = places.map(([px, py]) => Math.hypot((px ?? 0) - x, (py ?? 0) - y));
  return distances.indexOf(Math.min(...distances));
}
