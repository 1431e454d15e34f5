/** Figures by price level, such as where positions would be liquidated, and where large orders stand. */

import { groupsOf, onAxes } from './axes.js';
import { capitalised, leaf, toneOf, unitOf } from './names.js';
import { numberOf } from './roles.js';
import { blank, listUnit, mirror, seriesOf } from './series.js';
import { formOf } from './timelines.js';

/** @import { ProfileDrawing, Series } from './types.js' */
/** @import { Measured } from './axes.js' */
/** @import { Frame } from './frames.js' */
/** @import { Roles } from './roles.js' */
/** @import { Naming } from './drawings.js' */

const PRICES = new Set(['price', 'priceFrom', 'priceTo']);
const GROUPS = ['side', 'leverage', 'exchange', 'symbol'];
const MAX_GROUPS = 8;

/**
 * Return the profiles of rows with a price level; empty if they have none.
 * @param {Frame} frame
 * @param {Roles} roles
 * @param {Naming} naming
 * @returns {ProfileDrawing[]}
 */
export function profiles(frame, roles, naming) {
  const levels = priceLevels(roles);
  if (!levels) return [];
  const prices = [...new Set(levels.filter((price) => price !== null))].sort((a, b) => a - b);
  if (prices.length < 2) return [];
  const figures = new Map([...roles.figures].filter(([field]) => !PRICES.has(field)));
  const group = groupOf(roles, frame.length);
  const series = group ? grouped(figures, group, levels, prices) : single(frame, { ...roles, figures }, naming, levels, prices);
  const mark = numberOf(frame.parent['lastPriceUsd'] ?? frame.parent['lastPrice'] ?? null);
  return onAxes(series).map((part, index) => ({
    kind: 'profile',
    form: profileForm(part.series),
    id: index === 0 ? naming.id : `${naming.id}#${index + 1}`,
    title: index === 0 ? naming.title : `${naming.title}: ${part.series[0]?.name ?? ''}`,
    path: frame.path,
    omitted: null,
    prices,
    mark,
    ...part,
  }));
}

/** @param {Roles} roles */
function priceLevels({ figures }) {
  const [from, to] = [figures.get('priceFrom'), figures.get('priceTo')];
  if (!from || !to) return figures.get('price') ?? from ?? null;
  return from.map((price, index) => {
    const end = to[index] ?? null;
    return price === null || end === null ? null : (price + end) / 2;
  });
}

/**
 * Return the value by which the levels are told apart, for each row; null if there is none.
 * @param {Roles} roles
 * @param {number} length
 */
function groupOf(roles, length) {
  for (const field of GROUPS) {
    const figures = roles.figures.get(field)?.map((value) => (value === null ? '' : `${value}x`));
    const values = roles.names.get(field) ?? figures;
    const distinct = new Set(values).size;
    if (values && distinct > 1 && distinct <= MAX_GROUPS && distinct < length) return { field, values };
  }
  return null;
}

/**
 * Return a series of the main figure for each group.
 * @param {ReadonlyMap<string, (number | null)[]>} figures
 * @param {{ field: string, values: string[] }} group
 * @param {(number | null)[]} levels
 * @param {number[]} prices
 * @returns {Measured[]}
 */
function grouped(figures, group, levels, prices) {
  const field = mainFigure([...figures.keys()].filter((name) => name !== group.field));
  const values = field === null ? undefined : figures.get(field);
  if (field === null || !values) return [];
  const list = [...new Set(group.values)].map((name) => {
    const rows = values.map((value, index) => (group.values[index] === name ? value : null));
    const series = blank(`${name}.${field}`, atPrices(rows, levels, prices), unitOf(field));
    const tone = group.field === 'side' ? toneOf(name) : null;
    return { ...series, name: tone === null ? name : capitalised(name.toLowerCase()), shape: /** @type {const} */ ('bars'), tone, stacked: tone === null };
  });
  mirror(list);
  return list.sort((a, b) => Number(a.mirrored) - Number(b.mirrored));
}

/** @param {string[]} fields */
export function mainFigure(fields) {
  const preferred = [/^currentUsd$/, /^(?:value)?usd$/i, /Usd$/, /^(?:value|size|amount|quantity)$/, /Quantity$/];
  for (const pattern of preferred) {
    const field = fields.find((name) => pattern.test(leaf(name)));
    if (field !== undefined) return field;
  }
  return fields[0] ?? null;
}

/**
 * @param {Frame} frame
 * @param {Roles} roles
 * @param {Naming} naming
 * @param {(number | null)[]} levels
 * @param {number[]} prices
 * @returns {Measured[]}
 */
function single(frame, roles, naming, levels, prices) {
  const all = seriesOf({ ...frame, nested: new Map() }, roles, naming.subject, listUnit(frame, naming));
  const [main] = groupsOf(all.filter(({ unit }) => unit === 'usd'));
  const list = main && all.length > 4 ? main.series : all;
  return list.map((series) => ({ ...series, shape: 'bars', values: atPrices(series.values, levels, prices) }));
}

/**
 * Sum up what stands at the same price.
 * @param {(number | null)[]} values
 * @param {(number | null)[]} levels
 * @param {number[]} prices
 */
function atPrices(values, levels, prices) {
  /** @type {Map<number, number>} */
  const sums = new Map();
  values.forEach((value, index) => {
    const price = levels[index] ?? null;
    if (value !== null && price !== null) sums.set(price, (sums.get(price) ?? 0) + value);
  });
  return prices.map((price) => sums.get(price) ?? null);
}

/**
 * @param {Series[]} series
 * @returns {ProfileDrawing['form']}
 */
function profileForm(series) {
  const form = formOf(series);
  return form === 'mirrored' || form === 'stacked' ? form : 'bars';
}
