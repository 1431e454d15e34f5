/** Several drawings over time as one. */

import { onAxes } from './axes.js';
import { formOf } from './timelines.js';

/** @import { Series, TimeDrawing } from './types.js' */

/**
 * Draw series of several drawings over one time axis; more than fit on two axes are left out, which `omitted` states.
 * @param {TimeDrawing[]} list at least one
 * @returns {TimeDrawing}
 */
export function overlay(list) {
  const [first] = list;
  if (!first) throw new RangeError('Nothing to overlay');
  if (list.length === 1) return first;
  const times = [...new Set(list.flatMap((drawing) => drawing.times))].sort((a, b) => a - b);
  const series = list.flatMap((drawing) => {
    const index = new Map(drawing.times.map((time, position) => [time, position]));
    const order = times.map((time) => index.get(time) ?? -1);
    return drawing.series.map((one) => ({ ...at(one, order), unit: drawing.axes[one.axis]?.unit ?? 'number', ...named(one, drawing) }));
  });
  const [part, ...rest] = onAxes(series);
  const left = rest.flatMap((other) => other.series.map(({ name }) => name));
  return {
    ...first,
    form: formOf(part?.series ?? []),
    id: list.map(({ id }) => id).join('+'),
    title: list.map(({ title }) => title).join(' and '),
    omitted: left.length > 0 ? `Not on these axes: ${left.join(', ')}` : null,
    times,
    series: part?.series ?? [],
    axes: part?.axes ?? [],
  };
}

/**
 * @param {Series} series
 * @param {number[]} order
 */
function at(series, order) {
  const { values, candles } = series;
  return {
    ...series,
    values: order.map((index) => values[index] ?? null),
    candles: candles && order.map((index) => candles[index] ?? null),
  };
}

/**
 * @param {Series} series
 * @param {TimeDrawing} drawing
 */
function named(series, drawing) {
  return { name: drawing.series.length === 1 ? drawing.title : `${drawing.title}: ${series.name}`, field: `${drawing.id}.${series.field}` };
}
