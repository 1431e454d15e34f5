/** The lists of a response as tables, single figures as one more, and drawings as tables. */

import { readRequest } from './document.js';
import { findSources, isObject, isProblem } from './frames.js';
import { leaf, titleOf, unitOf } from './names.js';
import { isTimeColumn, numberOf, numbersOf } from './roles.js';
import { parseTime } from './time.js';
import { pathTitle } from './titles.js';

/** @import { Cell, Drawing, GraphQLResponse, Json, JsonObject, Path, Request, Table, TableColumn } from './types.js' */
/** @import { Frame } from './frames.js' */

const MAX_FIGURES = 500;

/**
 * Return the lists of a response as tables, and its single values as the last one.
 * @param {GraphQLResponse | null | undefined} response
 * @param {Request} [request]
 * @returns {Table[]}
 */
export function tables(response, request) {
  const read = readRequest(request);
  const lists = findSources(response?.data).flatMap((source) => {
    if (source.kind === 'book') return [bookTable(source.object, source.path, pathTitle(source.path, source.trail, read))];
    const { frame } = source;
    return frame.length > 0 && frame.columns.size > 0 ? [listTable(frame, pathTitle(frame.path, frame.trail, read))] : [];
  });
  const single = figures(response?.data);
  return single.rows.length > 0 ? [...lists, single] : lists;
}

/**
 * @param {Frame} frame
 * @param {string} title
 * @returns {Table}
 */
function listTable(frame, title) {
  const fields = [...frame.columns, ...nestedColumns(frame)].filter(([field]) => field !== 'timestamp' || !frame.columns.has('time'));
  const columns = fields.map(([field, values]) => columnOf(field, values));
  const cells = fields.map(([, values], index) => cellsOf(values, columns[index]));
  const rows = Array.from({ length: frame.length }, (_, row) => cells.map((column) => column[row] ?? null));
  return { id: frame.path.join('.'), title, path: frame.path, columns, rows };
}

/**
 * Return a column for each label and figure of the lists inside rows, if they have labels.
 * @param {Frame} frame
 * @returns {[string, Json[]][]}
 */
function nestedColumns(frame) {
  /** @type {Map<string, Json[]>} */
  const columns = new Map();
  for (const [field, rows] of frame.nested) {
    rows.forEach((items, row) => {
      for (const item of items) {
        const label = Object.entries(item).find(([name, value]) => name !== '__typename' && typeof value === 'string')?.[1];
        if (label === undefined) continue;
        for (const [name, value] of Object.entries(item)) {
          if (typeof value === 'number') columnAt(columns, `${field}.${String(label)}.${name}`, frame.length)[row] = value;
        }
      }
    });
  }
  return [...columns];
}

/**
 * @param {Map<string, Json[]>} columns
 * @param {string} field
 * @param {number} length
 */
function columnAt(columns, field, length) {
  const values = columns.get(field) ?? Array.from({ length }, () => null);
  columns.set(field, values);
  return values;
}

/**
 * @param {string} field
 * @param {Json[]} values
 * @returns {TableColumn}
 */
function columnOf(field, values) {
  return { field, title: titleOf(field), type: typeOf(field, values), unit: unitOf(field) };
}

/**
 * @param {string} field
 * @param {Json[]} values
 * @returns {TableColumn['type']}
 */
function typeOf(field, values) {
  if (values.some((value) => typeof value === 'boolean')) return 'boolean';
  if (values.some((value) => value !== null) && isTimeColumn(field, values)) return 'time';
  return numbersOf(field, values) ? 'number' : 'text';
}

/**
 * @param {Json[]} values
 * @param {TableColumn | undefined} column
 * @returns {Cell[]}
 */
function cellsOf(values, column) {
  if (column?.type === 'time') return values.map(parseTime);
  if (column?.type === 'number') return values.map(numberOf);
  return values.map((value) => (value === null || typeof value === 'boolean' ? value : String(value)));
}

/**
 * Return the values of a response that are in no list.
 * @param {Json | undefined} data
 * @returns {Table}
 */
function figures(data) {
  /** @type {Cell[][]} */
  const rows = [];
  if (isObject(data)) collect(data, '', rows);
  const text = { type: /** @type {const} */ ('text'), unit: /** @type {const} */ ('number') };
  const columns = [
    { field: 'field', title: 'Field', ...text },
    { field: 'value', title: 'Value', ...text },
  ];
  return { id: 'figures', title: 'Single values', path: [], columns, rows: rows.slice(0, MAX_FIGURES) };
}

/**
 * @param {JsonObject} object
 * @param {string} prefix
 * @param {Cell[][]} rows
 */
function collect(object, prefix, rows) {
  for (const [name, value] of Object.entries(object)) {
    if (name === '__typename' || isProblem(value) || Array.isArray(value)) continue;
    if (isObject(value)) collect(value, `${prefix}${name}.`, rows);
    else if (value !== null) rows.push([prefix + name, value]);
  }
}

/**
 * @param {JsonObject} object
 * @param {Path} path
 * @param {string} title
 * @returns {Table}
 */
function bookTable(object, path, title) {
  /** @type {Cell[][]} */
  const rows = [];
  for (const side of ['bids', 'asks']) {
    const list = object[side];
    for (const level of Array.isArray(list) ? list.filter(isObject) : []) {
      const size = Object.entries(level).find(([name]) => name !== 'price' && name !== '__typename')?.[1];
      rows.push([side, numberOf(level['price'] ?? null), numberOf(size ?? null)]);
    }
  }
  return { id: path.join('.'), title, path, columns: [textColumn('side'), numberColumn('price'), numberColumn('size')], rows };
}

/**
 * Return what a drawing shows as a table.
 * @param {Drawing} drawing
 * @returns {Table}
 */
export function tableOf(drawing) {
  const { id, title, path } = drawing;
  return { id, title, path, ...contentOf(drawing) };
}

/**
 * @param {Drawing} drawing
 * @returns {Pick<Table, 'columns' | 'rows'>}
 */
function contentOf(drawing) {
  switch (drawing.kind) {
    case 'time':
      return seriesTable(timeColumn('time'), drawing.times, drawing);
    case 'profile':
      return seriesTable(numberColumn('price'), drawing.prices, drawing);
    case 'categories':
      return seriesTable(textColumn('label'), drawing.labels, drawing);
    case 'heatmap': {
      const { times, prices, values } = drawing.cells;
      const rows = values.map((value, index) => [drawing.times[times[index] ?? 0] ?? null, drawing.prices[prices[index] ?? 0] ?? null, value]);
      return { columns: [timeColumn('time'), numberColumn('price'), numberColumn('value')], rows };
    }
    case 'depth': {
      const side = (/** @type {string} */ name, /** @type {[number, number][]} */ list) => list.map(([price, size]) => [name, price, size]);
      return { columns: [textColumn('side'), numberColumn('price'), numberColumn('size')], rows: [...side('bid', drawing.bids), ...side('ask', drawing.asks)] };
    }
    case 'events': {
      const rows = drawing.groups.flatMap(({ name, points }) => points.map(({ time, value, size }) => [time, name, value, size]));
      return { columns: [timeColumn('time'), textColumn('group'), numberColumn('value'), numberColumn('size')], rows };
    }
  }
}

/**
 * @param {TableColumn} first
 * @param {Cell[]} keys
 * @param {Pick<import('./types.js').TimeDrawing, 'series' | 'axes'>} drawing
 */
function seriesTable(first, keys, { series, axes }) {
  const parts = series.flatMap((one) => {
    const unit = axes[one.axis]?.unit ?? 'number';
    const column = (/** @type {string} */ title) => ({ field: one.field, title, type: /** @type {const} */ ('number'), unit });
    if (!one.candles) return [{ column: column(one.name), values: one.values }];
    return /** @type {const} */ (['open', 'high', 'low', 'close']).map((name) => ({
      column: { ...column(titleOf(name)), field: name },
      values: (one.candles ?? []).map((candle) => candle?.[name] ?? null),
    }));
  });
  const rows = keys.map((key, row) => [key, ...parts.map(({ values }) => values[row] ?? null)]);
  return { columns: [first, ...parts.map(({ column }) => column)], rows };
}

/** @param {string} field @returns {TableColumn} */
function timeColumn(field) {
  return { field, title: titleOf(field), type: 'time', unit: 'number' };
}

/** @param {string} field @returns {TableColumn} */
function numberColumn(field) {
  return { field, title: titleOf(field), type: 'number', unit: unitOf(leaf(field)) };
}

/** @param {string} field @returns {TableColumn} */
function textColumn(field) {
  return { field, title: titleOf(field), type: 'text', unit: 'number' };
}

/**
 * Return a table with its rows in the order of a column; missing values come last.
 * @param {Table} table
 * @param {number} column
 * @param {boolean} [descending]
 * @returns {Table}
 */
export function sorted(table, column, descending = false) {
  const rows = table.rows.toSorted((one, other) => {
    const [a, b] = [one[column] ?? null, other[column] ?? null];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return (descending ? -1 : 1) * compared(a, b);
  });
  return { ...table, rows };
}

/**
 * @param {string | number | boolean} a
 * @param {string | number | boolean} b
 */
function compared(a, b) {
  if (typeof a === 'string' || typeof b === 'string') return String(a).localeCompare(String(b), 'en', { numeric: true });
  return Number(a) - Number(b);
}
