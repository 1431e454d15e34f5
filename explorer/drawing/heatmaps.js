/** Heatmaps of price levels over time, and order books. */

import { isBook } from './frames.js';
import { leaf, unitOf } from './names.js';
import { numberOf } from './roles.js';
import { parseTime } from './time.js';

/** @import { Candle, DepthDrawing, HeatmapDrawing, Json, JsonObject, Unit } from './types.js' */
/** @import { Frame } from './frames.js' */
/** @import { Naming } from './drawings.js' */

/** @typedef {{ time: number, price: number, value: number }} Cell */

/**
 * Return the map of a list of cells `{ time price value }`, whose axes the answer may have beside it; null if it is none.
 * @param {Frame} frame
 * @param {Naming} naming
 * @returns {HeatmapDrawing | null}
 */
export function cellMap(frame, naming) {
  const times = coordinates(frame, ['time', 'timestamp'], 'timeIndex', ['times', 'timestamps'], parseTime);
  const prices = coordinates(frame, ['price'], 'priceIndex', ['prices'], numberOf);
  const value = [...frame.columns.keys()].find((field) => /^(?:value|usd|quantity|amount|size)/i.test(leaf(field)));
  const values = value === undefined ? undefined : frame.columns.get(value);
  if (!times || !prices || !value || !values || !isGrid(frame, times, prices)) return null;
  /** @type {Cell[]} */
  const cells = [];
  values.forEach((raw, index) => {
    const [time, price, number] = [times[index] ?? null, prices[index] ?? null, numberOf(raw)];
    if (time !== null && price !== null && number !== null) cells.push({ time, price, value: number });
  });
  return mapOf(cells, unitOf(value), naming, frame, priceOf(frame.parent['candles']));
}

/**
 * Rows with an index are cells; others only if their times and prices repeat.
 * @param {Frame} frame
 * @param {(number | null)[]} times
 * @param {(number | null)[]} prices
 */
function isGrid(frame, times, prices) {
  const hasAxes = ['prices', 'times', 'timestamps'].some((name) => Array.isArray(frame.parent[name]));
  const distinct = [new Set(times).size, new Set(prices).size];
  const isNamed = [...frame.columns.keys()].some((field) => /^(?:side|symbol|exchange|id)$/.test(field));
  return hasAxes || frame.columns.has('timeIndex') || (!isNamed && distinct.every((count) => count < frame.length && count > 1));
}

/**
 * @param {Frame} frame
 * @param {string[]} own
 * @param {string} index
 * @param {string[]} axes
 * @param {(value: Json) => number | null} read
 */
function coordinates(frame, own, index, axes, read) {
  for (const name of own) {
    const values = frame.columns.get(name);
    if (values?.some((value) => read(value) !== null)) return values.map(read);
  }
  const indexes = frame.columns.get(index);
  const axis = axes.map((name) => frame.parent[name]).find(Array.isArray);
  return indexes && axis ? indexes.map((value) => read(axis[Number(value)] ?? null)) : null;
}

/**
 * Return the map of the order books of a list: what stands at each price over time.
 * @param {Frame} frame
 * @param {number[]} times
 * @param {Naming} naming
 * @returns {HeatmapDrawing | null}
 */
export function bookMap(frame, times, naming) {
  /** @type {Cell[]} */
  const cells = [];
  let field = 'quantity';
  for (const side of ['bids', 'asks']) {
    frame.nested.get(side)?.forEach((levels, index) => {
      const [time] = times.slice(index, index + 1);
      for (const level of levels) {
        const [price, size] = levelOf(level);
        field = sizeName(level) ?? field;
        if (time !== undefined && price !== null && size !== null) cells.push({ time, price, value: size });
      }
    });
  }
  return mapOf(cells, unitOf(field), naming, frame, priceOf(frame.parent['candles']));
}

/**
 * @param {Cell[]} cells
 * @param {Unit} unit
 * @param {Naming} naming
 * @param {Frame} frame
 * @param {HeatmapDrawing['price']} price
 * @returns {HeatmapDrawing | null}
 */
function mapOf(cells, unit, naming, frame, price) {
  const times = axisOf(cells.map(({ time }) => time), axisTimes(frame.parent));
  const prices = axisOf(cells.map((cell) => cell.price), numbers(frame.parent['prices']));
  if (times.length < 2 || prices.length < 2) return null;
  const column = new Map(times.map((time, index) => [time, index]));
  const row = new Map(prices.map((value, index) => [value, index]));
  return {
    kind: 'heatmap',
    id: naming.id,
    title: naming.title,
    path: frame.path,
    omitted: null,
    times,
    prices,
    cells: {
      times: cells.map(({ time }) => Number(column.get(time))),
      prices: cells.map((cell) => Number(row.get(cell.price))),
      values: cells.map(({ value }) => value),
    },
    unit,
    price,
  };
}

/**
 * @param {number[]} used
 * @param {number[]} stated
 */
function axisOf(used, stated) {
  return [...new Set([...stated, ...used])].sort((a, b) => a - b);
}

/** @param {JsonObject} parent */
function axisTimes(parent) {
  const list = parent['timestamps'] ?? parent['times'];
  return Array.isArray(list) ? list.map(parseTime).filter((time) => time !== null) : [];
}

/** @param {Json | undefined} list */
function numbers(list) {
  return Array.isArray(list) ? list.map(numberOf).filter((value) => value !== null) : [];
}

/**
 * Return the candles beside a map, or points with a close.
 * @param {Json | undefined} list
 * @returns {HeatmapDrawing['price']}
 */
function priceOf(list) {
  if (!Array.isArray(list)) return null;
  /** @type {{ time: number, candle: Candle | null }[]} */
  const rows = [];
  for (const row of list) {
    const object = row !== null && typeof row === 'object' && !Array.isArray(row) ? row : {};
    const time = parseTime(object['time'] ?? object['timestamp']);
    if (time !== null) rows.push({ time, candle: candleOf(object) });
  }
  rows.sort((a, b) => a.time - b.time);
  return rows.some(({ candle }) => candle) ? { times: rows.map(({ time }) => time), candles: rows.map(({ candle }) => candle) } : null;
}

/**
 * @param {JsonObject} row
 * @returns {Candle | null}
 */
function candleOf(row) {
  const [open, high, low, close] = ['open', 'high', 'low', 'close'].map((name) => numberOf(row[name] ?? null));
  if (open == null || high == null || low == null || close == null) return null;
  return { open, high, low, close };
}

/**
 * Return the levels of one order book; null if neither side has any.
 * @param {JsonObject} object
 * @param {Pick<Naming, 'id' | 'title' | 'path'>} naming
 * @returns {DepthDrawing | null}
 */
export function depth(object, naming) {
  if (!isBook(object)) return null;
  const [bids, asks] = ['bids', 'asks'].map((side) => levels(object[side]));
  if (!bids || !asks || bids.length + asks.length < 2) return null;
  const [sample] = /** @type {JsonObject[]} */ ([...list(object['bids']), ...list(object['asks'])]);
  return {
    kind: 'depth',
    id: naming.id,
    title: naming.title,
    path: naming.path,
    omitted: null,
    bids: bids.sort((a, b) => b[0] - a[0]),
    asks: asks.sort((a, b) => a[0] - b[0]),
    unit: unitOf(sizeName(sample ?? {}) ?? 'quantity'),
    time: parseTime(object['time'] ?? object['timestamp']),
  };
}

/** @param {Json | undefined} value */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/**
 * @param {Json | undefined} side
 * @returns {[number, number][]}
 */
function levels(side) {
  /** @type {[number, number][]} */
  const result = [];
  for (const level of list(side)) {
    const [price, size] = levelOf(/** @type {JsonObject} */ (level ?? {}));
    if (price !== null && size !== null) result.push([price, size]);
  }
  return result;
}

/**
 * @param {JsonObject} level
 * @returns {[number | null, number | null]}
 */
function levelOf(level) {
  return [numberOf(level['price'] ?? null), numberOf(level[sizeName(level) ?? ''] ?? null)];
}

/** @param {JsonObject} level */
function sizeName(level) {
  return Object.keys(level).find((name) => name !== 'price' && name !== '__typename' && numberOf(level[name] ?? null) !== null);
}
