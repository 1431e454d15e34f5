/** Times in all forms that answers have: ISO 8601, and seconds, milli-, micro- or nanoseconds since 1970. */

/** @import { Json } from './types.js' */

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const DIGITS = /^\d{9,19}$/;
const NAMES = /(?:^|[a-z\d_.])(?:time|times|timestamp|timestamps|ts|date|datetime|day)$/i;
/** The names of the moment that a row is about, the best first. */
const PRIMARY = ['time', 'timestamp', 'datetime', 'date', 'ts', 't', 'day', 'times', 'timestamps'];
/** From which magnitude on a number counts units of 1/n milliseconds; below it is no time. */
const EPOCHS = /** @type {const} */ ([
  [1e17, 1e-6],
  [1e14, 1e-3],
  [1e11, 1],
  [1e8, 1e3],
]);

/**
 * Return milliseconds, or null if the value is not a time. A text without a zone is UTC.
 * @param {Json | undefined} value
 */
export function parseTime(value) {
  if (typeof value === 'number') return epoch(value);
  if (typeof value !== 'string') return null;
  if (DIGITS.test(value)) return epoch(Number(value));
  if (!ISO.test(value)) return null;
  const hasClock = value.length > 10;
  const hasZone = hasClock && /(?:Z|[+-]\d{2}:?\d{2})$/.test(value);
  const time = Date.parse(hasClock && !hasZone ? `${value.replace(' ', 'T')}Z` : value.replace(' ', 'T'));
  return Number.isNaN(time) ? null : time;
}

/** @param {number} value */
function epoch(value) {
  const factor = EPOCHS.find(([least]) => value >= least)?.[1];
  return factor === undefined ? null : value * factor;
}

/** @param {string} name the last part of a field's name */
export function isTimeName(name) {
  return NAMES.test(name) || name === 't';
}

/**
 * Rank the name of a time; null if it is not the moment that a row is about, such as `nextFundingTime`.
 * @param {string} name
 */
export function primaryRank(name) {
  const rank = PRIMARY.indexOf(name.toLowerCase());
  return rank < 0 ? null : rank;
}
