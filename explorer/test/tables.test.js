import assert from 'node:assert/strict';
import test from 'node:test';
import { drawings, fileName, formatNumber, formatTime, sorted, tableOf, tables, toCsv, toJson } from '../drawing/index.js';

const START = Date.UTC(2026, 0, 1);
const COINS = [
  { symbol: 'BTC', price: { last: 90_000.5 }, changePercent: { h24: -1.25 }, listed: '2026-01-01T00:00:00Z', open: true },
  { symbol: 'ETH, "x"', price: { last: null }, changePercent: { h24: 2 }, listed: null, open: false },
  { symbol: '=1+1', price: { last: 7 }, changePercent: { h24: 0 }, listed: null, open: false },
];

/** @param {import('../drawing/types.js').JsonObject} data */
function firstTable(data) {
  const [table] = tables({ data });
  assert.ok(table);
  return table;
}

test('a list is a table whose columns know their type and unit', () => {
  const { columns, rows } = firstTable({ coins: COINS });
  assert.deepEqual(columns.map(({ field, type, unit }) => [field, type, unit]), [
    ['symbol', 'text', 'number'],
    ['price.last', 'number', 'number'],
    ['changePercent.h24', 'number', 'percent'],
    ['listed', 'time', 'number'],
    ['open', 'boolean', 'number'],
  ]);
  assert.deepEqual(rows[0], ['BTC', 90_000.5, -1.25, START, true]);
});

test('every item of a list inside a list has its table', () => {
  const items = Array.from({ length: 10 }, (_, index) => ({ symbol: `C${index}`, rates: [{ exchange: 'OKX', rate: index }] }));
  assert.equal(tables({ data: { coins: items } }).length, 11);
});

test('lists by ticker inside rows are columns', () => {
  const days = [{ time: START, byTicker: [{ ticker: 'IBIT', flowUsd: 2 }] }, { time: START + 1, byTicker: [{ ticker: 'FBTC', flowUsd: 3 }] }];
  const { columns, rows } = firstTable({ days });
  assert.deepEqual(columns.map(({ field }) => field), ['time', 'byTicker.IBIT.flowUsd', 'byTicker.FBTC.flowUsd']);
  assert.deepEqual(rows, [[START, 2, null], [START + 1, null, 3]]);
});

test('values in no list are a table as well', () => {
  const { title, rows } = firstTable({ upstreamQuota: { limit: 300, resetsAt: null, plan: 'STANDARD' } });
  assert.equal(title, 'Single values');
  assert.deepEqual(rows, [['upstreamQuota.limit', 300], ['upstreamQuota.plan', 'STANDARD']]);
});

test('a table sorts by numbers and texts, and missing values come last', () => {
  const table = firstTable({ coins: COINS });
  const firsts = (/** @type {number} */ column, /** @type {boolean} */ descending) => sorted(table, column, descending).rows.map(([symbol]) => symbol);
  assert.deepEqual(firsts(1, false), ['=1+1', 'BTC', 'ETH, "x"']);
  assert.deepEqual(firsts(1, true), ['BTC', '=1+1', 'ETH, "x"']);
  assert.deepEqual(firsts(2, false), ['BTC', '=1+1', 'ETH, "x"']);
  assert.deepEqual(firsts(0, false), ['=1+1', 'BTC', 'ETH, "x"']);
  assert.equal(table.rows[0]?.[0], 'BTC', 'the table itself keeps its order');
});

test('CSV quotes texts, defuses formulas, leaves gaps empty and keeps all digits', () => {
  const lines = toCsv(firstTable({ coins: COINS })).split('\r\n');
  assert.deepEqual(lines, [
    'symbol,price.last,changePercent.h24,listed,open',
    'BTC,90000.5,-1.25,2026-01-01T00:00:00.000Z,true',
    '"ETH, ""x""",,2,,false',
    "'=1+1,7,0,,false",
    '',
  ]);
});

test('JSON has an object for each row', () => {
  assert.deepEqual(JSON.parse(toJson(firstTable({ coins: COINS })))[1], { symbol: 'ETH, "x"', 'price.last': null, 'changePercent.h24': 2, listed: null, open: false });
});

test('what a drawing shows can be exported', () => {
  const [drawing] = drawings({ data: { bars: [{ time: START, longUsd: 5, shortUsd: 7 }, { time: START + 86_400_000, longUsd: null, shortUsd: 1 }] } });
  assert.ok(drawing);
  assert.deepEqual(toCsv(tableOf(drawing)).split('\r\n'), ['time,longUsd,shortUsd', '2026-01-01T00:00:00.000Z,5,7', '2026-01-02T00:00:00.000Z,,1', '']);
});

test('the name of a file has what all systems allow', () => {
  assert.deepEqual(['Binance BTC/USDT · RSI 1d', '(RSI)', '·'].map(fileName), ['Binance-BTC-USDT-RSI-1d', 'RSI', 'data']);
});

test('numbers are written with their unit and the digits that matter', () => {
  assert.deepEqual(
    [formatNumber(1_234_567_890, 'usd'), formatNumber(0.01, 'percent'), formatNumber(-63_402.5), formatNumber(0.0000123456), formatNumber(null), formatNumber(0)],
    ['$1.235B', '0.01 %', '−63,402.5', '0.00001235', '–', '0'],
  );
  assert.deepEqual([formatNumber(1_234_567.891, 'usd', 'full'), formatNumber(0.000123456789, 'number', 'full')], ['$1,234,567.89', '0.000123457']);
});

test('times are written in UTC', () => {
  assert.deepEqual([formatTime(START + 60_000), formatTime(START, true), formatTime(START)], ['2026-01-01 00:01', '2026-01-01', '2026-01-01 00:00']);
});
