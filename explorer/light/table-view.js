/** The lists of a response as tables that sort by a click on a heading. */

import { fileName, formatNumber, formatTime, sorted, toCsv, toJson } from '../drawing/index.js';
import { button, download, element } from './elements.js';

/** @import { Cell, Table, TableColumn } from '../drawing/types.js' */

const FIRST_ROWS = 200;

/** @param {Table[]} tables */
export function tableView(tables) {
  if (tables.length === 0) return element('p', { class: 'hint' }, ['The response has no lists.']);
  const select = element('select', { 'aria-label': 'List' }, tables.map(({ title, rows }, index) => element('option', { value: String(index) }, [`${title} (${rows.length})`])));
  const content = element('div', { class: 'table' });
  const chosen = () => tables[Number(select.value)];
  const show = () => {
    const table = chosen();
    if (table) content.replaceChildren(sortable(table));
  };
  select.addEventListener('change', show);
  const save = (/** @type {string} */ kind, /** @type {(table: Table) => string} */ write, /** @type {string} */ type) =>
    button(kind, () => {
      const table = chosen();
      if (table) download(`${fileName(table.title)}.${kind.toLowerCase()}`, new Blob([write(table)], { type }));
    });
  show();
  const bar = element('div', { class: 'buttons' }, [select, save('CSV', toCsv, 'text/csv'), save('JSON', toJson, 'application/json')]);
  return element('div', { class: 'table' }, [bar, content]);
}

/** @param {Table} table */
function sortable(table) {
  /** @type {{ column: number, descending: boolean } | null} */
  let order = null;
  let count = FIRST_ROWS;
  const body = element('tbody');
  const headings = table.columns.map((column, index) =>
    element('th', { scope: 'col', 'aria-sort': 'none', 'data-type': column.type }, [button(column.title, () => sortBy(index))]),
  );
  const more = button('Show all rows', () => {
    count = Infinity;
    show();
  });
  const show = () => {
    const { rows } = order ? sorted(table, order.column, order.descending) : table;
    body.replaceChildren(...rows.slice(0, count).map((row) => rowElement(row, table.columns)));
    more.hidden = rows.length <= count;
  };
  const sortBy = (/** @type {number} */ column) => {
    const isText = table.columns[column]?.type === 'text';
    order = { column, descending: order?.column === column ? !order.descending : !isText };
    headings.forEach((heading, index) => heading.setAttribute('aria-sort', index !== column ? 'none' : order?.descending ? 'descending' : 'ascending'));
    show();
  };
  show();
  const content = element('table', {}, [element('thead', {}, [element('tr', {}, headings)]), body]);
  const region = element('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': table.title }, [content]);
  return element('div', { class: 'table' }, [region, more]);
}

/**
 * @param {Cell[]} row
 * @param {TableColumn[]} columns
 */
function rowElement(row, columns) {
  return element('tr', {}, columns.map((column, index) => element('td', { 'data-type': column.type }, [cellText(row[index] ?? null, column)])));
}

/**
 * @param {Cell} cell
 * @param {TableColumn} column
 */
function cellText(cell, column) {
  if (cell === null) return '–';
  if (typeof cell === 'number') return column.type === 'time' ? formatTime(cell) : formatNumber(cell, column.unit, 'full');
  return String(cell);
}
