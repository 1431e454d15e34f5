/** Scales of axes: positions, and round figures for ticks. */

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} at position of a value, in pixels
 * @property {(position: number) => number} value of a position
 * @property {number[]} ticks
 * @property {number} step distance of the ticks; 0 on a logarithmic scale
 */

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const SECOND_STEPS = [1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000);
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map((minutes) => minutes * MINUTE);
const DAY_STEPS = [1, 2, 4, 7, 14].map((days) => days * DAY);
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120];
const MONTH = 30.4 * DAY;

/**
 * @param {number} low
 * @param {number} high
 * @param {number} from position of `low`
 * @param {number} to position of `high`
 * @param {number} count ticks that fit
 * @returns {Scale}
 */
export function linear(low, high, from, to, count) {
  const span = high - low || 1;
  const step = roundStep(span / Math.max(1, count));
  return { ...straight(low, span, from, to), ticks: multiples(low, high, step), step };
}

/**
 * @param {number} low
 * @param {number} span
 * @param {number} from
 * @param {number} to
 */
function straight(low, span, from, to) {
  return {
    at: (/** @type {number} */ value) => from + ((value - low) / span) * (to - from),
    value: (/** @type {number} */ position) => low + ((position - from) / (to - from || 1)) * span,
  };
}

/** @param {number} raw */
function roundStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 2.5, 5].find((one) => raw <= one * power * 1.0001) ?? 10;
  return factor * power;
}

/**
 * @param {number} low
 * @param {number} high
 * @param {number} step
 */
function multiples(low, high, step) {
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.max(0, Math.floor(high / step + 1e-9) - first + 1);
  return Array.from({ length: Math.min(count, 200) }, (_, index) => (first + index) * step);
}

/**
 * @param {number} low above zero
 * @param {number} high
 * @param {number} from
 * @param {number} to
 * @param {number} count
 * @returns {Scale}
 */
export function logarithmic(low, high, from, to, count) {
  const [start, span] = [Math.log10(low), Math.log10(high) - Math.log10(low) || 1];
  const inner = straight(start, span, from, to);
  const decades = multiples(Math.floor(start), Math.ceil(start + span), 1).flatMap((power) => [1, 2, 5].map((factor) => factor * 10 ** power));
  const visible = decades.filter((value) => value >= low && value <= high);
  const ticks = visible.length >= 3 ? thinned(visible, count) : linear(low, high, from, to, count).ticks;
  return { at: (value) => inner.at(Math.log10(value)), value: (position) => 10 ** inner.value(position), ticks, step: 0 };
}

/**
 * @param {number[]} list
 * @param {number} count
 */
function thinned(list, count) {
  const every = Math.ceil(list.length / Math.max(1, count));
  return list.filter((_, index) => index % every === 0);
}

/**
 * @param {number} low milliseconds
 * @param {number} high
 * @param {number} from
 * @param {number} to
 * @param {number} count
 * @returns {Scale}
 */
export function temporal(low, high, from, to, count) {
  const span = high - low || MINUTE;
  const least = span / Math.max(1, count);
  const step = [...SECOND_STEPS, ...TIME_STEPS, ...DAY_STEPS].find((one) => one >= least);
  const inner = straight(low, span, from, to);
  if (step !== undefined) return { ...inner, ticks: multiples(low, high, step), step };
  const months = MONTH_STEPS.find((one) => one * MONTH >= least) ?? 240;
  return { ...inner, ticks: monthTicks(low, high, months), step: months * MONTH };
}

/**
 * @param {number} low
 * @param {number} high
 * @param {number} months
 */
function monthTicks(low, high, months) {
  const start = new Date(low);
  const first = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months;
  const ticks = Array.from({ length: 200 }, (_, index) => Date.UTC(1970, first - 1970 * 12 + index * months));
  return ticks.filter((time) => time >= low && time <= high);
}

/**
 * Return the range of values, with some room at both ends unless it is zero.
 * @param {number} low
 * @param {number} high
 * @param {boolean} fromZero
 * @returns {[number, number]}
 */
export function padded(low, high, fromZero) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const [least, most] = fromZero ? [Math.min(0, low), Math.max(0, high)] : [low, high];
  const room = (most - least || Math.abs(most) || 1) * 0.06;
  return [least === 0 ? 0 : least - room, most === 0 ? 0 : most + room];
}
