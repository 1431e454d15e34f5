/** Which series share an axis: those of one unit whose magnitudes are alike. */

import { UNIT_TITLES, isContext, leaf } from './names.js';

/** @import { Axis, Series, Unit } from './types.js' */

/** A series before it has an axis. @typedef {Series & { unit: Unit }} Measured */
/** @typedef {{ unit: Unit, magnitude: number, series: Measured[] }} Group */

const MAX_FACTOR = 30;

/**
 * Distribute series over drawings with at most two axes each.
 * @param {Measured[]} list
 * @returns {{ series: Series[], axes: Axis[] }[]}
 */
export function onAxes(list) {
  const groups = groupsOf(list);
  const drawings = [];
  for (let index = 0; index < groups.length; ) {
    const pair = groups.slice(index, index + 2);
    const count = repeatsNames(pair) ? 1 : 2;
    drawings.push(joined(pair.slice(0, count)));
    index += count;
  }
  return drawings;
}

/**
 * Say whether two groups have series of one name, such as bids in dollars and in coins.
 * @param {Group[]} groups
 */
function repeatsNames([one, other]) {
  const names = new Set(one?.series.map(({ name }) => name));
  return other?.series.some(({ name }) => names.has(name)) ?? false;
}

/** @param {Measured[]} list */
export function groupsOf(list) {
  /** @type {Group[]} */
  const groups = [];
  for (const series of [...list.filter(isSubject), ...list.filter((series) => !isSubject(series))]) {
    const magnitude = magnitudeOf(series);
    const group = groupFor(series, magnitude, groups.filter(({ unit }) => unit === series.unit));
    if (group) {
      group.series.push(series);
      group.magnitude = Math.max(group.magnitude, magnitude);
    } else groups.push({ unit: series.unit, magnitude, series: [series] });
  }
  return groups;
}

/**
 * A stack stays together, however small some of it is, and apart from other stacks.
 * @param {Measured} series
 * @param {number} magnitude
 * @param {Group[]} groups of its unit
 */
function groupFor(series, magnitude, groups) {
  const alike = groups.filter((group) => isAlike(group.magnitude, magnitude));
  if (!series.stacked) return alike[0];
  const figure = leaf(series.field);
  const own = groups.find((group) => group.series.some((one) => one.stacked && leaf(one.field) === figure));
  return own ?? alike.find((group) => !group.series.some((one) => one.stacked));
}

/** Say whether a series is more than the price beside the figures that an answer is about. @param {Measured} series */
function isSubject(series) {
  return series.shape === 'candles' || !isContext(series.field);
}

/** @param {Group[]} groups */
function joined(groups) {
  const isContextAlone = groups.every((group) => group.series.every(({ tone }) => tone === 'context'));
  /** @type {Series[]} */
  const series = groups.flatMap((group, index) =>
    group.series.map(({ unit: _, ...rest }) => ({ ...rest, tone: isContextAlone ? null : rest.tone, axis: index === 0 ? 0 : 1 })),
  );
  return { series, axes: groups.map(({ unit }) => axisOf(unit)) };
}

/**
 * @param {Unit} unit
 * @returns {Axis}
 */
export function axisOf(unit) {
  return { unit, title: UNIT_TITLES[unit] };
}

/** @param {Series} series */
function magnitudeOf(series) {
  return series.values.reduce((/** @type {number} */ most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
}

/**
 * Zero fits everywhere.
 * @param {number} one
 * @param {number} other
 */
function isAlike(one, other) {
  return one === 0 || other === 0 || Math.max(one, other) <= MAX_FACTOR * Math.min(one, other);
}
