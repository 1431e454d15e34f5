/** The lists of an answer as tables, sortable by each column, with export. */

import { useMemo, useState } from 'react';
import { fileName, formatNumber, formatTime, sorted, toCsv, toJson } from '../../drawing/index.js';
import type { Cell, Table, TableColumn } from '../../drawing/types';
import { download } from './download';

const FIRST_ROWS = 200;

export function TableView({ tables }: { tables: Table[] }) {
  const [chosen, choose] = useState('');
  const table = tables.find(({ id }) => id === chosen) ?? tables[0];
  if (table === undefined) return <p className="xp-empty">The answer has no lists.</p>;
  return (
    <>
      <div className="xp-bar">
        <select aria-label="List" value={table.id} onChange={(event) => choose(event.target.value)}>
          {tables.map(({ id, title, rows }) => (
            <option key={id} value={id}>{`${title} (${rows.length})`}</option>
          ))}
        </select>
        <span className="xp-fill" />
        <button type="button" onClick={() => download(`${fileName(table.title)}.csv`, toCsv(table), 'text/csv')}>
          CSV
        </button>
        <button type="button" onClick={() => download(`${fileName(table.title)}.json`, toJson(table), 'application/json')}>
          JSON
        </button>
      </div>
      <SortableTable key={table.id} table={table} />
    </>
  );
}

function SortableTable({ table }: { table: Table }) {
  const [order, setOrder] = useState<{ column: number; descending: boolean } | null>(null);
  const [showsAll, setShowsAll] = useState(false);
  const rows = useMemo(
    () => (order ? sorted(table, order.column, order.descending) : table).rows,
    [table, order],
  );
  const sortBy = (column: number) =>
    setOrder({ column, descending: order?.column === column ? !order.descending : table.columns[column]?.type !== 'text' });
  const shown = showsAll ? rows : rows.slice(0, FIRST_ROWS);
  return (
    <div className="xp-table" role="region" aria-label={table.title} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {table.columns.map((column, index) => (
              <th key={column.field} scope="col" aria-sort={ariaSort(order, index)} data-type={column.type}>
                <button type="button" onClick={() => sortBy(index)}>
                  {column.title}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, index) => (
            // eslint-disable-next-line react/no-array-index-key -- rows have no identity
            <tr key={index}>
              {table.columns.map((column, position) => (
                <td key={column.field} data-type={column.type}>
                  {text(row[position] ?? null, column)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < rows.length && (
        <button type="button" onClick={() => setShowsAll(true)}>{`Show all ${rows.length} rows`}</button>
      )}
    </div>
  );
}

function ariaSort(order: { column: number; descending: boolean } | null, column: number) {
  if (order?.column !== column) return 'none';
  return order.descending ? 'descending' : 'ascending';
}

function text(cell: Cell, column: TableColumn): string {
  if (cell === null) return '–';
  if (typeof cell !== 'number') return String(cell);
  return column.type === 'time' ? formatTime(cell) : formatNumber(cell, column.unit);
}
