/** Tables as CSV and JSON, and the names of files. */

/** @import { Cell, Table, TableColumn } from './types.js' */

const SPECIAL = /[",\r\n]/;
/** What spreadsheets take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * Write a table as CSV (RFC 4180) with the fields of the response as header, times in ISO 8601 and numbers unrounded.
 * Texts that a spreadsheet would execute begin with an apostrophe.
 * @param {Table} table
 */
export function toCsv(table) {
  const header = headings(table.columns).map(csvText);
  const lines = table.rows.map((row) => row.map((cell, index) => csvCell(cell, table.columns[index])).join(','));
  return `${[header.join(','), ...lines].join('\r\n')}\r\n`;
}

/**
 * Write a table as a JSON array of objects.
 * @param {Table} table
 */
export function toJson(table) {
  const names = headings(table.columns);
  const objects = table.rows.map((row) =>
    Object.fromEntries(row.map((cell, index) => [names[index], jsonCell(cell, table.columns[index])])),
  );
  return `${JSON.stringify(objects, null, 2)}\n`;
}

/**
 * Return the field of each column; a field that several have is numbered.
 * @param {TableColumn[]} columns
 */
function headings(columns) {
  return columns.map(({ field }, index) => {
    const before = columns.slice(0, index).filter((column) => column.field === field).length;
    return before > 0 ? `${field}_${before + 1}` : field;
  });
}

/**
 * @param {Cell} cell
 * @param {TableColumn | undefined} column
 */
function csvCell(cell, column) {
  if (cell === null) return '';
  return typeof cell === 'string' ? csvText(cell) : String(jsonCell(cell, column));
}

/** @param {string} text */
function csvText(text) {
  const safe = FORMULA.test(text) && !/^-?\d/.test(text) ? `'${text}` : text;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * @param {Cell} cell
 * @param {TableColumn | undefined} column
 */
function jsonCell(cell, column) {
  return column?.type === 'time' && typeof cell === 'number' ? new Date(cell).toISOString() : cell;
}

/**
 * Return a title as the name of a file.
 * @param {string} title
 */
export function fileName(title) {
  return title.replace(/[^\w.-]+/g, '-').replace(/^-|-$/g, '') || 'data';
}
