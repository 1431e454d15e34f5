/** Numbers and times as both pages write them. */

/** @import { Unit } from './types.js' */

/** @type {readonly [number, string][]} */
const MAGNITUDES = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'K'],
];
const SHORTENED_FROM = 1e5;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** @param {Intl.NumberFormatOptions} options */
function numberFormat(options) {
  const key = JSON.stringify(options);
  const format = formats.get(key) ?? new Intl.NumberFormat('en-US', options);
  formats.set(key, format);
  return format;
}

/**
 * Write a number with its unit: `$1.24B`, `0.0100 %`. `full` has every digit that matters, `short` fits on an axis.
 * @param {number | null} value
 * @param {Unit} [unit]
 * @param {'short' | 'full'} [form]
 */
export function formatNumber(value, unit = 'number', form = 'short') {
  if (value === null || !Number.isFinite(value)) return '–';
  const sign = value < 0 ? '−' : '';
  const digits = form === 'full' ? fullDigits(Math.abs(value), unit) : shortDigits(Math.abs(value));
  if (unit === 'usd') return `${sign}$${digits}`;
  return unit === 'percent' ? `${sign}${digits} %` : `${sign}${digits}`;
}

/** @param {number} value */
function shortDigits(value) {
  const [size, letter] = MAGNITUDES.find(([least]) => value >= least && value >= SHORTENED_FROM) ?? [1, ''];
  const scaled = value / size;
  const options = scaled >= 1000 ? { maximumFractionDigits: 1 } : { maximumSignificantDigits: 4 };
  return numberFormat(options).format(scaled) + letter;
}

/**
 * @param {number} value
 * @param {Unit} unit
 */
function fullDigits(value, unit) {
  const places = unit === 'usd' && value >= 1000 ? 2 : 4;
  const options = value >= 1 || value === 0 ? { maximumFractionDigits: places } : { maximumSignificantDigits: 6 };
  return numberFormat(options).format(value);
}

/**
 * Write a time in UTC: `2026-11-29 06:00`, without the clock at midnight if `dayOnly` allows it.
 * @param {number} time milliseconds
 * @param {boolean} [dayOnly]
 */
export function formatTime(time, dayOnly = false) {
  const text = new Date(time).toISOString();
  const day = text.slice(0, 10);
  if (dayOnly && time % DAY === 0) return day;
  return time % 60_000 === 0 ? `${day} ${text.slice(11, 16)}` : `${day} ${text.slice(11, 19)}`;
}

/**
 * Write the time of day in UTC, with seconds.
 * @param {number} time milliseconds
 */
export function formatClock(time) {
  return new Date(time).toISOString().slice(11, 19);
}

/**
 * Write a time for an axis whose ticks are `step` milliseconds apart.
 * @param {number} time
 * @param {number} step
 */
export function formatTick(time, step) {
  const date = new Date(time);
  const month = date.toLocaleString('en-US', { month: 'short', timeZone: 'UTC' });
  if (step >= 300 * DAY) return String(date.getUTCFullYear());
  if (step >= 28 * DAY) return date.getUTCMonth() === 0 ? String(date.getUTCFullYear()) : month;
  if (step >= DAY || time % DAY === 0) return `${date.getUTCDate()} ${month}`;
  return step < 60_000 ? formatClock(time) : date.toISOString().slice(11, 16);
}

/**
 * Write a span of time in its largest unit: `3 h`, `12 min`.
 * @param {number} span milliseconds
 */
export function formatSpan(span) {
  const minutes = Math.max(0, span) / 60_000;
  if (minutes < 1) return `${Math.round(minutes * 60)} s`;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  return minutes < 60 * 48 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / (60 * 24))} d`;
}
