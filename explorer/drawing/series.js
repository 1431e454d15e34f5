/** The series of a list: candles, lines, mirrored pairs, and figures by ticker or exchange. */

import { leaf, statedUnit, titleOf, toneOf, unitOf } from './names.js';
import { numberOf } from './roles.js';

/** @import { JsonObject, Candle, Unit } from './types.js' */
/** @import { Measured } from './axes.js' */
/** @import { Frame } from './frames.js' */
/** @import { Roles } from './roles.js' */
/** @import { Naming } from './drawings.js' */

const OHLC = /** @type {const} */ (['open', 'high', 'low', 'close']);
const GENERIC = new Set(['value', 'close', 'valueUsd', 'ratio']);
const AMOUNT = /flow|volume|liquidat|delta|^(?:buy|sell|long|short|calls?|puts?)(?=[A-Z.]|$)|change(?:Usd|Quantity)?$|trades/i;
const LEVEL = /cumulative|percent|ratio|price|average|rate/i;
const ADDITIVE = /flow|volume|value$|openInterest|marketCap|quantity|usd$/i;
const NOT_ADDITIVE = /percent|price|netAssetValue|rate|ratio/i;
const MAX_GROUPS = 11; // of one stack; what is smaller becomes one group

/**
 * Return the series of the single values of a list.
 * @param {Frame} frame
 * @param {Roles} roles
 * @param {string} subject what the list is about, which names a lone `value`
 * @param {Unit | null} unit of figures whose name states none
 * @returns {Measured[]}
 */
export function seriesOf(frame, roles, subject, unit) {
  const candles = candlesOf(roles.figures, subject, unit);
  const rest = [...roles.figures].filter(([field]) => !candles || !isOfCandle(field));
  const series = rest.map(([field, values]) => figureSeries(field, values, unit));
  const list = candles ? [candles, ...series] : series;
  const [lone, ...others] = list.filter(({ field }) => GENERIC.has(field));
  if (lone && others.length === 0) lone.name = subject;
  mirror(list);
  const parts = pivoted(frame, unit);
  return [...list.map((one) => (isSumOf(one, parts) ? { ...one, shape: /** @type {const} */ ('line') } : one)), ...parts];
}

/**
 * Say whether bars would hide a stack of the same figure, whose sum they are.
 * @param {Measured} series
 * @param {Measured[]} parts
 */
function isSumOf(series, parts) {
  return series.shape === 'bars' && parts.some(({ stacked, field }) => stacked && leaf(field) === leaf(series.field));
}

/** @param {string} field */
function isOfCandle(field) {
  return /** @type {readonly string[]} */ (OHLC).includes(field);
}

/**
 * @param {ReadonlyMap<string, (number | null)[]>} figures
 * @param {string} subject
 * @param {Unit | null} unit
 * @returns {Measured | null}
 */
function candlesOf(figures, subject, unit) {
  const [open, high, low, close] = OHLC.map((name) => figures.get(name));
  if (!open || !high || !low || !close) return null;
  const candles = close.map((_, index) => candle(open[index], high[index], low[index], close[index]));
  return { ...blank('close', close, unit ?? 'number'), name: subject, shape: 'candles', candles };
}

/**
 * @param {number | null | undefined} open
 * @param {number | null | undefined} high
 * @param {number | null | undefined} low
 * @param {number | null | undefined} close
 * @returns {Candle | null}
 */
function candle(open, high, low, close) {
  if (open == null || high == null || low == null || close == null) return null;
  return { open, high, low, close };
}

/**
 * @param {string} field
 * @param {(number | null)[]} values
 * @param {Unit | null} unit
 * @returns {Measured}
 */
function figureSeries(field, values, unit) {
  const own = unitOf(field);
  const name = leaf(field);
  const isAmount = own !== 'percent' && own !== 'ratio' && AMOUNT.test(name) && !LEVEL.test(field);
  const series = blank(field, values, own === 'number' ? (unit ?? own) : own);
  return { ...series, shape: isAmount ? 'bars' : 'line', tone: toneOf(field) };
}

/**
 * @param {string} field
 * @param {(number | null)[]} values
 * @param {Unit} unit
 * @returns {Measured}
 */
export function blank(field, values, unit) {
  return { name: titleOf(field), field, shape: 'line', axis: 0, tone: null, mirrored: false, stacked: false, values, candles: null, unit };
}

/**
 * Draw the second of a pair such as longs and shorts downwards, if both are amounts of the same unit.
 * @param {Measured[]} list
 */
export function mirror(list) {
  for (const one of list.filter(({ shape, tone }) => shape === 'bars' && tone === 'up')) {
    const other = list.find((series) => isOpposite(one, series));
    if (other && !LEVEL.test(one.field) && [one, other].every(isNeverNegative)) other.mirrored = true;
  }
}

/**
 * @param {Measured} one
 * @param {Measured} other
 */
function isOpposite(one, other) {
  const rest = (/** @type {string} */ field) => field.replace(/long|short|buy|sell|bids?|asks?|calls?|puts?|inflow|outflow/gi, '');
  if (one.unit === 'number' && !AMOUNT.test(leaf(one.field))) return false;
  return other.shape === 'bars' && other.tone === 'down' && other.unit === one.unit && rest(other.field) === rest(one.field);
}

/**
 * @param {Measured} down
 * @param {Measured[]} list
 */
export function partnerOf(down, list) {
  return list.find((series) => series.tone === 'up' && isOpposite(series, down));
}

/** @param {Measured} series */
function isNeverNegative({ values }) {
  return values.every((value) => value === null || value >= 0);
}

/**
 * Return a series for each label of the lists inside the rows, such as `byTicker { ticker flowUsd }`.
 * @param {Frame} frame
 * @param {Unit | null} unit
 */
function pivoted(frame, unit) {
  /** @type {Measured[]} */
  const list = [];
  for (const [field, rows] of frame.nested) {
    const label = labelName(rows);
    if (label === null) continue;
    const names = figureNames(rows);
    for (const name of names) {
      const series = pivot(field, rows, label, name, unit);
      list.push(...(names.length > 1 ? series.map((one) => ({ ...one, name: `${one.name} ${titleOf(name).toLowerCase()}` })) : series));
    }
  }
  return list;
}

/** @param {JsonObject[][]} rows */
function labelName(rows) {
  const first = rows.find((items) => items.length > 0)?.[0];
  return Object.keys(first ?? {}).find((name) => name !== '__typename' && typeof first?.[name] === 'string') ?? null;
}

/** @param {JsonObject[][]} rows */
function figureNames(rows) {
  /** @type {Set<string>} */
  const names = new Set();
  for (const items of rows) {
    for (const item of items) {
      for (const name in item) if (typeof item[name] === 'number') names.add(name);
    }
  }
  return [...names];
}

/**
 * @param {string} field
 * @param {JsonObject[][]} rows
 * @param {string} label
 * @param {string} name
 * @param {Unit | null} unit
 */
function pivot(field, rows, label, name, unit) {
  const own = unitOf(name);
  const isStacked = ADDITIVE.test(name) && !NOT_ADDITIVE.test(name);
  const list = [...valuesByLabel(rows, label, name)].map(([text, values]) => {
    const series = blank(`${field}.${text}.${name}`, values, own === 'number' ? (unit ?? own) : own);
    return { ...series, name: text, shape: /** @type {'bars' | 'line'} */ (isStacked ? 'bars' : 'line'), stacked: isStacked };
  });
  return isStacked ? withRest(field, name, list) : list;
}

/**
 * @param {JsonObject[][]} rows
 * @param {string} label
 * @param {string} name
 */
function valuesByLabel(rows, label, name) {
  /** @type {Map<string, (number | null)[]>} */
  const columns = new Map();
  rows.forEach((items, row) => {
    for (const item of items) {
      const text = String(item[label]);
      const values = columns.get(text) ?? rows.map(() => null);
      columns.set(text, values);
      values[row] = numberOf(item[name] ?? null);
    }
  });
  return columns;
}

/**
 * Sum up the smallest groups of a stack with too many.
 * @param {string} field
 * @param {string} name
 * @param {Measured[]} list
 */
function withRest(field, name, list) {
  if (list.length <= MAX_GROUPS + 1) return list;
  const bySize = list.toSorted((a, b) => volumeOf(b) - volumeOf(a));
  const [largest, rest] = [bySize.slice(0, MAX_GROUPS), bySize.slice(MAX_GROUPS)];
  const [first] = largest;
  if (!first) return list;
  const values = first.values.map((_, index) => sumOf(rest.map((series) => series.values[index] ?? null)));
  return [...largest, { ...first, name: `${rest.length} others`, field: `${field}.others.${name}`, values }];
}

/** @param {Measured} series */
function volumeOf({ values }) {
  return values.reduce((/** @type {number} */ sum, value) => sum + Math.abs(value ?? 0), 0);
}

/** @param {(number | null)[]} values */
function sumOf(values) {
  const numbers = values.filter((value) => value !== null);
  return numbers.length > 0 ? numbers.reduce((sum, value) => sum + value, 0) : null;
}

/**
 * Return the unit of a list: stated beside it as `unit`, by the argument `unit`, or by the name of its field.
 * @param {Frame} frame
 * @param {Naming} naming
 * @returns {Unit | null}
 */
export function listUnit(frame, { unit, field }) {
  const byName = unitOf(field);
  return statedUnit(frame.parent['unit']) ?? statedUnit(unit) ?? (byName === 'number' ? null : byName);
}
