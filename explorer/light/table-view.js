/** The lists of a response as tables that sort by a click on a heading. */

import { fileName, formatNumber, formatTime, sorted, toCsv, toJson } from '../drawing/index.js';
import { button, download, element } from './elements.js';

/** @import { Cell, Table, TableColumn } from '../drawing/types.js' */

const FIRST_ROWS = 200;

/**
 * `update` shows the rows of other tables; what is chosen and sorted stays.
 * @typedef {{ element: HTMLElement, update: (tables: Table[]) => void }} TableView
 */

/**
 * @param {Table[]} first
 * @returns {TableView}
 */
export function tableView(first) {
  const select = element('select', { 'aria-label': 'List' });
  const content = element('div', { class: 'table' });
  let tables = first;
  /** @type {Sortable | null} */
  let shown = null;
  const chosen = () => tables.find(({ id }) => id === select.value) ?? tables[0];
  const show = () => {
    const table = chosen();
    if (!table || shown?.update(table)) return;
    shown = sortable(table);
    content.replaceChildren(shown.element);
  };
  const update = (/** @type {Table[]} */ next) => {
    tables = next;
    const value = chosen()?.id ?? '';
    select.replaceChildren(...tables.map(({ id, title, rows }) => element('option', { value: id }, [`${title} (${rows.length})`])));
    select.value = value;
    bar.hidden = tables.length === 0;
    hint.hidden = tables.length > 0;
    show();
  };
  select.addEventListener('change', show);
  const save = (/** @type {string} */ kind, /** @type {(table: Table) => string} */ write, /** @type {string} */ type) =>
    button(kind, () => {
      const table = chosen();
      if (table) download(`${fileName(table.title)}.${kind.toLowerCase()}`, new Blob([write(table)], { type }));
    });
  const bar = element('div', { class: 'buttons' }, [select, save('CSV', toCsv, 'text/csv'), save('JSON', toJson, 'application/json')]);
  const hint = element('p', { class: 'hint' }, ['The response has no lists.']);
  update(first);
  return { element: element('div', { class: 'table' }, [bar, hint, content]), update };
}

/**
 * `update` returns false for a table with other columns.
 * @typedef {{ element: HTMLElement, update: (table: Table) => boolean }} Sortable
 */

/**
 * @param {Table} first
 * @returns {Sortable}
 */
function sortable(first) {
  let table = first;
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
  const update = (/** @type {Table} */ next) => {
    if (columnsOf(next) !== columnsOf(table)) return false;
    table = next;
    show();
    return true;
  };
  show();
  const content = element('table', {}, [element('thead', {}, [element('tr', {}, headings)]), body]);
  const region = element('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': table.title }, [content]);
  return { element: element('div', { class: 'table' }, [region, more]), update };
}

/** @param {Table} table */
function columnsOf({ id, columns }) {
  return JSON.stringify([id, columns]);
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
