/** Drawings over time. */

import { onAxes } from './axes.js';
import { listUnit, seriesOf } from './series.js';

/** @import { Series, TimeDrawing } from './types.js' */
/** @import { Measured } from './axes.js' */
/** @import { Frame } from './frames.js' */
/** @import { Roles } from './roles.js' */
/** @import { Naming } from './drawings.js' */

/**
 * Return drawings of a list whose rows are about distinct moments, in any order.
 * @param {Frame} frame
 * @param {Roles & { times: number[] }} roles
 * @param {Naming} naming
 * @returns {TimeDrawing[]}
 */
export function timelines(frame, roles, naming) {
  const unit = listUnit(frame, naming);
  const order = [...roles.times.keys()].sort((a, b) => Number(roles.times[a]) - Number(roles.times[b]));
  const series = seriesOf(frame, roles, naming.subject, unit).map((one) => reordered(one, order));
  return placed(order.map((index) => Number(roles.times[index])), series, frame, naming);
}

/**
 * Return drawings of rows of which several share a moment and are told apart by one name, such as a tag.
 * @param {Frame} frame
 * @param {Roles & { times: number[] }} roles
 * @param {string[]} labels of each row
 * @param {Naming} naming
 */
export function groupedTimelines(frame, roles, labels, naming) {
  const times = [...new Set(roles.times)].sort((a, b) => a - b);
  const unit = listUnit(frame, naming);
  const series = seriesOf({ ...frame, nested: new Map() }, roles, naming.subject, unit);
  const list = [...new Set(labels)].flatMap((label) => series.map((one) => ofGroup(one, label, labels, roles.times, times)));
  return placed(times, series.length > 1 ? list : list.map((one) => ({ ...one, name: one.name.split(': ')[0] ?? one.name })), frame, naming);
}

/**
 * @param {Measured} series
 * @param {string} label
 * @param {string[]} labels
 * @param {number[]} rowTimes
 * @param {number[]} times
 * @returns {Measured}
 */
function ofGroup(series, label, labels, rowTimes, times) {
  const rows = new Map(rowTimes.map((time, index) => [labels[index] === label ? time : null, index]));
  const at = (/** @type {number} */ time) => rows.get(time);
  return {
    ...series,
    name: `${label}: ${series.name}`,
    field: `${label}.${series.field}`,
    tone: null,
    mirrored: false,
    values: times.map((time) => series.values[at(time) ?? -1] ?? null),
    candles: series.candles && times.map((time) => series.candles?.[at(time) ?? -1] ?? null),
  };
}

/**
 * @param {Measured} series
 * @param {number[]} order
 * @returns {Measured}
 */
function reordered(series, order) {
  const { values, candles } = series;
  return {
    ...series,
    values: order.map((index) => values[index] ?? null),
    candles: candles && order.map((index) => candles[index] ?? null),
  };
}

/**
 * @param {number[]} times
 * @param {Measured[]} series
 * @param {Frame} frame
 * @param {Naming} naming
 * @returns {TimeDrawing[]}
 */
function placed(times, series, frame, naming) {
  return onAxes(series).map((part, index, all) => ({
    kind: 'time',
    form: formOf(part.series),
    id: index === 0 ? naming.id : `${naming.id}#${index + 1}`,
    title: index === 0 ? naming.title : `${naming.title}: ${distinction(part, all[0])}`,
    path: frame.path,
    omitted: null,
    times,
    ...part,
  }));
}

/**
 * Return what distinguishes a further drawing: its unit if it repeats the names of the first one, else its first series.
 * @param {{ series: Series[], axes: import('./types.js').Axis[] }} part
 * @param {{ series: Series[] } | undefined} first
 */
function distinction({ series, axes }, first) {
  const name = series[0]?.name ?? '';
  const repeats = first?.series.some((one) => one.name === name) ?? false;
  return repeats && axes[0]?.title ? axes[0].title : name;
}

/** @param {Series[]} series */
export function formOf(series) {
  if (series.some(({ shape }) => shape === 'candles')) return 'candles';
  if (series.some(({ mirrored }) => mirrored)) return 'mirrored';
  if (series.some(({ stacked }) => stacked)) return 'stacked';
  return series.some(({ shape, axis }) => shape === 'bars' && axis === 0) ? 'bars' : 'lines';
}
