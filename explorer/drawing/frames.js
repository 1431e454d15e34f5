/** The lists of a response as columns, whether the response has them as rows or as columns. */

import { isTimeName, parseTime, primaryRank } from './time.js';

/** @import { Json, JsonObject, Path } from './types.js' */

/**
 * A list of the response.
 * @typedef {object} Frame
 * @property {Path} path
 * @property {string[]} trail labels of the list items that lead to it, such as `Binance BTCUSDT`
 * @property {JsonObject} parent the object that has the list
 * @property {number} length
 * @property {Map<string, Json[]>} columns single values, by dotted field
 * @property {Map<string, JsonObject[][]>} nested lists of objects inside each row, by dotted field
 * @property {string | null} omitted lists like this one that were left out, in words
 */

/** @typedef {{ sources: Source[], maxItems: number }} Found */
/** @typedef {{ kind: 'list', frame: Frame } | { kind: 'book', path: Path, trail: string[], object: JsonObject }} Source */

const MAX_LEVELS = 24; // of a list of numbers inside a row
const PROBLEMS = new Set(['PlanGated', 'Unavailable', 'InvalidInput']);
const LABELS = ['exchange', 'symbol', 'ticker', 'name', 'coin', 'tag'];

/**
 * @param {Json | undefined} value
 * @returns {value is JsonObject}
 */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {Json | undefined} value
 * @returns {value is JsonObject[]}
 */
export function isListOfObjects(value) {
  return Array.isArray(value) && value.some(isObject) && value.every((item) => item === null || isObject(item));
}

/**
 * Say whether an object is a member of a result union without data.
 * @param {Json | undefined} value
 */
export function isProblem(value) {
  if (!isObject(value)) return false;
  if (typeof value['__typename'] === 'string' && PROBLEMS.has(value['__typename'])) return true;
  return typeof value['code'] === 'string' && typeof value['message'] === 'string';
}

/**
 * Return the lists and order books of a response, in its order.
 * @param {Json | undefined} data
 * @param {number} [maxItems] of a list, whose own lists count
 */
export function findSources(data, maxItems = Infinity) {
  /** @type {Found} */
  const found = { sources: [], maxItems };
  if (data !== undefined) walk(data, [], [], {}, found);
  return found.sources;
}

/**
 * @param {Json} value
 * @param {Path} path
 * @param {string[]} trail
 * @param {JsonObject} parent
 * @param {Found} found
 */
function walk(value, path, trail, parent, found) {
  if (isListOfObjects(value)) walkList(value, path, trail, parent, found);
  else if (isObject(value) && !isProblem(value)) walkObject(value, path, trail, parent, found);
}

/**
 * @param {(JsonObject | null)[]} list
 * @param {Path} path
 * @param {string[]} trail
 * @param {JsonObject} parent
 * @param {Found} found
 */
function walkList(list, path, trail, parent, found) {
  const rows = list.map(nodeOf);
  const frame = rowFrame(rows.filter(isObject), path, trail, parent);
  found.sources.push({ kind: 'list', frame });
  const hasTime = [...frame.columns.keys()].some((field) => primaryRank(field) !== null || field.endsWith('Index'));
  if (hasTime) return; // what is inside its rows belongs to their times
  const before = found.sources.length;
  rows.slice(0, found.maxItems).forEach((row, index) => {
    if (!isObject(row)) return;
    const label = labelOf(row);
    for (const [name, inner] of Object.entries(row)) {
      walk(inner, [...path, index, name], label ? [...trail, label] : trail, row, found);
    }
  });
  if (rows.length <= found.maxItems) return;
  for (const source of found.sources.slice(before)) {
    if (source.kind === 'list') source.frame.omitted = `Drawn are the first ${found.maxItems} of ${rows.length} rows`;
  }
}

/**
 * @param {JsonObject} object
 * @param {Path} path
 * @param {string[]} trail
 * @param {JsonObject} parent
 * @param {Found} found
 */
function walkObject(object, path, trail, parent, found) {
  if (isBook(object)) {
    found.sources.push({ kind: 'book', path, trail, object });
    return;
  }
  const columns = columnFrame(object, path, trail, parent);
  if (columns) {
    found.sources.push({ kind: 'list', frame: columns });
    return;
  }
  const hasRows = Object.values(object).some(isListOfObjects);
  for (const [name, inner] of Object.entries(object)) {
    const repeats = hasRows && isObject(inner) && (name === 'latest' || columnLength(inner) !== null);
    if (!repeats) walk(inner, [...path, name], trail, object, found);
  }
}

/** @param {JsonObject | null} row */
function nodeOf(row) {
  const isEdge = row !== null && isObject(row['node']) && Object.keys(row).every((name) => ['node', 'cursor', '__typename'].includes(name));
  return isEdge ? row['node'] : row;
}

/** @param {JsonObject} object */
export function isBook(object) {
  return ['bids', 'asks'].every((side) => isListOfObjects(object[side]));
}

/**
 * Return what identifies a row in words; empty if nothing does.
 * @param {JsonObject} row
 */
export function labelOf(row) {
  const parts = LABELS.map((name) => row[name]).filter((value) => typeof value === 'string' && value !== '');
  return parts.slice(0, 2).join(' ');
}

/**
 * @param {JsonObject[]} rows
 * @param {Path} path
 * @param {string[]} trail
 * @param {JsonObject} parent
 * @returns {Frame}
 */
function rowFrame(rows, path, trail, parent) {
  /** @type {Frame} */
  const frame = { path, trail, parent, length: rows.length, columns: new Map(), nested: new Map(), omitted: null };
  rows.forEach((row, index) => addRow(frame, row, index, ''));
  return frame;
}

/**
 * @param {Frame} frame
 * @param {JsonObject} object
 * @param {number} index
 * @param {string} prefix
 */
function addRow(frame, object, index, prefix) {
  for (const [name, value] of Object.entries(object)) {
    const field = prefix + name;
    if (name === '__typename' || isProblem(value)) continue;
    if (isListOfObjects(value)) cells(frame.nested, field, frame.length, () => /** @type {JsonObject[]} */ ([]))[index] = value.filter(isObject);
    else if (Array.isArray(value)) addList(frame, value, index, field);
    else if (isObject(value)) addRow(frame, value, index, `${field}.`);
    else cells(frame.columns, field, frame.length, () => /** @type {Json} */ (null))[index] = value;
  }
}

/**
 * Numbers become columns of their own, texts one text.
 * @param {Frame} frame
 * @param {Json[]} values
 * @param {number} index
 * @param {string} field
 */
function addList(frame, values, index, field) {
  const empty = () => /** @type {Json} */ (null);
  if (values.some((value) => typeof value === 'number')) {
    values.slice(0, MAX_LEVELS).forEach((value, level) => {
      cells(frame.columns, `${field}.${level + 1}`, frame.length, empty)[index] = value;
    });
  } else if (values.every((value) => typeof value === 'string') && values.length > 0) {
    cells(frame.columns, field, frame.length, empty)[index] = values.join(', ');
  }
}

/**
 * @template T
 * @param {Map<string, T[]>} map
 * @param {string} field
 * @param {number} length
 * @param {() => T} empty
 */
function cells(map, field, length, empty) {
  const list = map.get(field) ?? Array.from({ length }, empty);
  map.set(field, list);
  return list;
}

/**
 * Return how many entries the lists of a columnar object have; null if it is none.
 * @param {JsonObject} object
 */
function columnLength(object) {
  const times = Object.entries(object).find(([name, value]) => isTimes(name, value))?.[1];
  if (!Array.isArray(times)) return null;
  const others = Object.values(object).filter((value) => Array.isArray(value) && value !== times);
  const isColumn = (/** @type {Json} */ value) =>
    Array.isArray(value) && (isListOfObjects(value) ? value.every(hasValues) : value.length === times.length);
  return others.length > 0 && others.every(isColumn) ? times.length : null;
}

/**
 * @param {string} name
 * @param {Json} value
 */
function isTimes(name, value) {
  return Array.isArray(value) && value.length > 0 && isTimeName(name) && value.every((item) => parseTime(item) !== null);
}

/** @param {JsonObject | null} item */
function hasValues(item) {
  return item !== null && Array.isArray(item['values']);
}

/**
 * @param {JsonObject} object
 * @param {Path} path
 * @param {string[]} trail
 * @param {JsonObject} parent
 * @returns {Frame | null}
 */
function columnFrame(object, path, trail, parent) {
  const length = columnLength(object);
  if (length === null) return null;
  /** @type {Frame} */
  const frame = { path, trail, parent, length, columns: new Map(), nested: new Map(), omitted: null };
  for (const [name, value] of Object.entries(object)) {
    if (isListOfObjects(value)) frame.nested.set(name, rowsOf(value.filter(isObject), length));
    else if (Array.isArray(value) && value.some(Array.isArray)) {
      value.forEach((levels, index) => Array.isArray(levels) && addList(frame, levels, index, name));
    } else if (Array.isArray(value)) frame.columns.set(name, value);
  }
  return frame;
}

/**
 * Turn lists by label, `[{ exchange, values }]`, into the lists of each time.
 * @param {JsonObject[]} items
 * @param {number} length
 */
function rowsOf(items, length) {
  const labels = items.map(({ values: _, ...label }) => label);
  const values = items.map((item) => (Array.isArray(item['values']) ? item['values'] : []));
  return Array.from({ length }, (_, row) => labels.map((label, item) => ({ ...label, value: values[item]?.[row] ?? null })));
}
