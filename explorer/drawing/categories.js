/** Figures by name: exchanges, coins, funds, expiries. */

import { axisOf, groupsOf } from './axes.js';
import { formatTime } from './format.js';
import { blank, mirror, partnerOf } from './series.js';
import { toneOf, unitOf } from './names.js';

/** @import { CategoryDrawing } from './types.js' */
/** @import { Measured } from './axes.js' */
/** @import { Frame } from './frames.js' */
/** @import { Roles } from './roles.js' */
/** @import { Naming } from './drawings.js' */

const LABELS = ['exchange', 'symbol', 'ticker', 'coin', 'name', 'user'];
const MAX_LABEL = 60; // longer texts are prose
const PERIOD = /(?<=^|\.)[mhdwy]\d+(?=\.|$)|\d+[hdwmy]$/;
const MAX_SERIES = 4;
const MAX_DRAWINGS = 6;
const MAX_BARS = 60;
const [MIN_LABELS, MAX_LABELS] = [12, 30];

/**
 * @param {Frame} frame
 * @param {Roles} roles
 * @param {Naming} naming
 * @returns {CategoryDrawing[]}
 */
export function categories(frame, roles, naming) {
  const labels = labelsOf(roles, frame.length);
  if (!labels || frame.length < 2) return [];
  const all = [...roles.figures].map(([field, values]) => barsOf(field, values));
  const lists = subjects(all).flatMap((list) => pairsApart(list));
  const parts = lists.flatMap((list) => (list.some(({ mirrored }) => mirrored) ? [list] : groupsOf(list).flatMap(({ series }) => chunks(series, MAX_SERIES))));
  return parts.slice(0, MAX_DRAWINGS).map((series, index) => drawing(series, labels, naming, frame, index));
}

/**
 * Keep mirrored pairs, such as longs and shorts, apart from the rest.
 * @param {Measured[]} list
 */
function pairsApart(list) {
  mirror(list);
  const pairs = list.filter(({ mirrored }) => mirrored).map((down) => [partnerOf(down, list), down].filter((series) => series !== undefined));
  const rest = list.filter((series) => !pairs.flat().includes(series));
  return [...pairs, ...(rest.length > 0 ? [rest] : [])];
}

/**
 * Keep figures that differ in their period alone, such as `rsi.h1` and `rsi.h4`, apart from others.
 * @param {Measured[]} list
 */
function subjects(list) {
  /** @type {Map<string, Measured[]>} */
  const byStem = new Map();
  for (const series of list) {
    const stem = PERIOD.test(series.field) ? series.field.replace(PERIOD, '*') : '';
    byStem.set(stem, [...(byStem.get(stem) ?? []), series]);
  }
  const groups = [...byStem].filter(([stem, series]) => stem !== '' && series.length > 1).map(([, series]) => series);
  const rest = list.filter((series) => !groups.some((group) => group.includes(series)));
  return rest.length > 0 ? [rest, ...groups] : groups;
}

/**
 * @param {string} field
 * @param {(number | null)[]} values
 * @returns {Measured}
 */
function barsOf(field, values) {
  return { ...blank(field, values, unitOf(field)), shape: 'bars', tone: toneOf(field) };
}

/**
 * @param {Measured[]} list
 * @param {string[]} labels
 * @param {Naming} naming
 * @param {Frame} frame
 * @param {number} index
 * @returns {CategoryDrawing}
 */
function drawing(list, labels, naming, frame, index) {
  const [first] = list;
  const most = Math.min(MAX_LABELS, Math.max(MIN_LABELS, Math.floor(MAX_BARS / list.length)));
  const order = largest(first?.values ?? [], most);
  const title = list.length === 1 ? (first?.name ?? '') : commonName(list);
  return {
    kind: 'categories',
    form: list.some(({ mirrored }) => mirrored) ? 'mirrored' : 'bars',
    id: index === 0 ? naming.id : `${naming.id}#${index + 1}`,
    title: title === '' ? naming.title : `${naming.title}: ${title}`,
    path: frame.path,
    omitted: labels.length > most ? `The ${most} largest of ${labels.length} by ${first?.name ?? ''}` : null,
    labels: order.map((row) => labels[row] ?? ''),
    series: list.map(({ unit: _, ...series }) => ({ ...series, values: order.map((row) => series.values[row] ?? null) })),
    axes: [axisOf(first?.unit ?? 'number')],
  };
}

/**
 * Return the rows in their order, or the `most` largest of them, the largest first.
 * @param {(number | null)[]} values
 * @param {number} most
 */
function largest(values, most) {
  const rows = [...values.keys()];
  if (rows.length <= most) return rows;
  return rows.sort((a, b) => Math.abs(values[b] ?? 0) - Math.abs(values[a] ?? 0)).slice(0, most);
}

/**
 * Return the words with which all names begin.
 * @param {Measured[]} list
 */
function commonName(list) {
  const [first, ...rest] = list.map(({ name }) => name.split(' '));
  const common = first?.filter((_, index) => rest.every((words) => words.slice(0, index + 1).join(' ') === first.slice(0, index + 1).join(' ')));
  return common?.join(' ') ?? '';
}

/**
 * Return what identifies each row; null if nothing does.
 * @param {Roles} roles
 * @param {number} length
 */
function labelsOf(roles, length) {
  const names = [...roles.names].filter(([, values]) => values.every((text) => text !== '' && text.length <= MAX_LABEL));
  const ranked = names.sort(([a], [b]) => rankOf(a) - rankOf(b)).map(([, values]) => values.map(shortened));
  const dates = [...roles.dates.values()].map((times) => times.map((time) => (time === null ? '' : formatTime(time, true))));
  const candidates = [...ranked, ...pairs(ranked), ...dates];
  const labels = candidates.find((values) => new Set(values).size === length);
  return labels ?? ranked[0]?.map((text, index) => `${text} ${index + 1}`) ?? null;
}

/** @param {string[][]} columns */
function pairs(columns) {
  return columns.flatMap((one, index) => columns.slice(index + 1).map((other) => one.map((text, row) => `${text} ${other[row]}`)));
}

/** @param {string} field */
function rankOf(field) {
  const rank = LABELS.indexOf(field);
  return rank < 0 ? LABELS.length : rank;
}

/** Shorten an address such as `0x20c2d95a…` to its ends. @param {string} text */
function shortened(text) {
  return text.length > 24 && !text.includes(' ') ? `${text.slice(0, 6)}…${text.slice(-4)}` : text;
}

/**
 * @template T
 * @param {T[]} list
 * @param {number} size
 */
function chunks(list, size) {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));
}
