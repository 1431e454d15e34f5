/** What the columns of a list are: the time, figures, or names. */

import { leaf } from './names.js';
import { parseTime, primaryRank } from './time.js';

/** @import { Json } from './types.js' */
/** @import { Frame } from './frames.js' */

/**
 * @typedef {object} Roles
 * @property {number[] | null} times the moment of each row in milliseconds; null if rows are not about moments
 * @property {Map<string, (number | null)[]>} figures
 * @property {Map<string, string[]>} names texts; missing ones are empty
 * @property {Map<string, (number | null)[]>} dates other moments, such as the expiry of an option
 */

/** Numbers that count nothing. */
const CODES = /(?:^id|Id|ID|[cC]ode|cik|hash|address|phone|[fF]igi|status|[bB]lockHeight|Index)$/;
const NUMERIC = /^[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const UNDATED = /(?:^|[uU])pdated$/;

/**
 * @param {Frame} frame
 * @returns {Roles}
 */
export function rolesOf(frame) {
  /** @type {Roles} */
  const roles = { times: momentsOf(frame), figures: new Map(), names: new Map(), dates: new Map() };
  for (const [field, values] of frame.columns) {
    if (isTimeColumn(field, values)) {
      roles.dates.set(field, values.map(parseTime));
      continue;
    }
    const numbers = numbersOf(field, values);
    if (numbers) roles.figures.set(field, numbers);
    else if (values.some((value) => typeof value === 'string')) {
      roles.names.set(field, values.map((value) => (value === null ? '' : String(value))));
    }
  }
  return roles;
}

/**
 * Return the moments of the rows. `created` counts only if rows are not brought up to date, since they are states then.
 * @param {Frame} frame
 */
function momentsOf(frame) {
  const fields = [...frame.columns.keys()];
  const isState = fields.some((field) => UNDATED.test(field));
  const ranked = fields
    .map((field) => ({ field, rank: primaryRank(field) ?? (field === 'created' && !isState ? Infinity : null) }))
    .filter(({ rank }) => rank !== null)
    .sort((a, b) => Number(a.rank) - Number(b.rank));
  for (const { field } of ranked) {
    const times = (frame.columns.get(field) ?? []).map(parseTime);
    if (times.length > 0 && times.every((time) => time !== null)) return times;
  }
  return null;
}

/**
 * @param {string} field
 * @param {Json[]} values
 */
export function isTimeColumn(field, values) {
  if (values.some((value) => value !== null && parseTime(value) === null)) return false;
  return values.some((value) => typeof value === 'string' && value.includes('-')) || primaryRank(leaf(field)) !== null || /(?:Time|At|Timestamp)$/.test(field);
}

/**
 * Return the numbers of a column, whose texts may be numbers; null if it is not one of figures.
 * @param {string} field
 * @param {Json[]} values
 */
export function numbersOf(field, values) {
  if (CODES.test(leaf(field))) return null;
  const numbers = values.map(numberOf);
  const isNumeric = values.every((value, index) => value === null || numbers[index] !== null);
  return isNumeric && numbers.some((value) => value !== null) ? numbers : null;
}

/** @param {Json} value */
export function numberOf(value) {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' && NUMERIC.test(value) ? Number(value) : null;
}
