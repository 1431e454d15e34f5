import assert from 'node:assert/strict';
import test from 'node:test';
import { drawings, overlay } from '../drawing/index.js';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const times = (/** @type {number} */ count) => Array.from({ length: count }, (_, index) => START + index * DAY);
const iso = (/** @type {number} */ time) => new Date(time).toISOString();

/**
 * @param {import('../drawing/types.js').JsonObject} data
 * @param {import('../drawing/types.js').Request} [request]
 */
function only(data, request) {
  const list = drawings({ data }, request);
  assert.equal(list.length, 1, list.map(({ kind, title }) => `${kind} ${title}`).join());
  const [drawing] = list;
  assert.ok(drawing);
  return drawing;
}

/**
 * @template {import('../drawing/types.js').Drawing['kind']} K
 * @param {import('../drawing/types.js').Drawing} drawing
 * @param {K} kind
 * @returns {Extract<import('../drawing/types.js').Drawing, { kind: K }>}
 */
function asKind(drawing, kind) {
  assert.equal(drawing.kind, kind);
  return /** @type {any} */ (drawing);
}

const candles = times(4).map((time, index) => ({ time: iso(time), open: 10 + index, high: 14 + index, low: 9 + index, close: 12 + index }));

test('rows with open, high, low and close are candles', () => {
  const drawing = asKind(only({ pair: { price: { candles } } }), 'time');
  assert.equal(drawing.form, 'candles');
  assert.deepEqual(drawing.times, times(4));
  assert.deepEqual(drawing.series[0]?.candles?.[1], { open: 11, high: 15, low: 10, close: 13 });
});

test('volume beside candles is bars on an axis of its own', () => {
  const rows = candles.map((row) => ({ ...row, volumeUsd: 5e8 }));
  const drawing = asKind(only({ pair: { price: { candles: rows } } }), 'time');
  assert.deepEqual(drawing.series.map(({ shape, axis }) => [shape, axis]), [['candles', 0], ['bars', 1]]);
  assert.deepEqual(drawing.axes.map(({ unit }) => unit), ['number', 'usd']);
});

test('columns are drawn as rows are', () => {
  const columns = Object.fromEntries(['open', 'high', 'low', 'close'].map((name) => [name, candles.map((row) => row[/** @type {'open'} */ (name)])]));
  const fromColumns = asKind(only({ pair: { price: { columns: { timestamp: times(4), ...columns } } } }), 'time');
  const fromRows = asKind(only({ pair: { price: { candles } } }), 'time');
  assert.deepEqual(fromColumns.series, fromRows.series);
  assert.deepEqual(fromColumns.times, fromRows.times);
});

test('what an answer has twice, as rows and columns, is drawn once', () => {
  const columns = { timestamp: times(4), close: [1, 2, 3, 4] };
  only({ pair: { price: { candles, columns, latest: candles[3] ?? null } } });
});

for (const [name, factor] of /** @type {const} */ ([['seconds', 1e-3], ['milliseconds', 1], ['microseconds', 1e3], ['nanoseconds', 1e6]])) {
  test(`times may be ${name}`, () => {
    const points = times(3).map((time) => ({ time: time * factor, value: 1 }));
    assert.deepEqual(asKind(only({ points }), 'time').times, times(3));
  });
}

test('a text without a zone is a time in UTC', () => {
  const points = ['2026-01-01T00:00:00', '2026-01-02 00:00'].map((time, value) => ({ time, value }));
  assert.deepEqual(asKind(only({ points }), 'time').times, times(2));
});

test('rows in any order are drawn in order of time, each with its own value', () => {
  const points = [3, 1, 2].map((day) => ({ time: START + day * DAY, value: day }));
  const drawing = asKind(only({ points }), 'time');
  assert.deepEqual(drawing.series[0]?.values, [1, 2, 3]);
});

test('a null is a gap and not zero', () => {
  const points = times(3).map((time, index) => ({ time, value: index === 1 ? null : index }));
  assert.deepEqual(asKind(only({ points }), 'time').series[0]?.values, [0, null, 2]);
});

test('long and short amounts are mirrored bars with their true values', () => {
  const bars = times(3).map((time) => ({ time, longUsd: 5, shortUsd: 7 }));
  const drawing = asKind(only({ pair: { liquidations: { bars } } }), 'time');
  assert.equal(drawing.form, 'mirrored');
  assert.deepEqual(drawing.series.map(({ name, tone, mirrored }) => [name, tone, mirrored]), [['Long', 'up', false], ['Short', 'down', true]]);
  assert.deepEqual(drawing.series[1]?.values, [7, 7, 7]);
});

test('changes that may be negative are not mirrored', () => {
  const bars = times(2).map((time) => ({ time, longChangeQuantity: -5, shortChangeQuantity: 7 }));
  assert.ok(asKind(only({ bars }), 'time').series.every(({ mirrored }) => !mirrored));
});

test('shares of longs and shorts are lines, and their ratio has an axis of its own', () => {
  const points = times(3).map((time) => ({ time, longPercent: 52, shortPercent: 48, ratio: 1.08 }));
  const drawing = asKind(only({ points }), 'time');
  assert.deepEqual(drawing.series.map(({ shape, axis }) => [shape, axis]), [['line', 0], ['line', 0], ['line', 1]]);
});

test('flows are stacked by ticker, with their sum as a line on the axis and the price on the other', () => {
  const days = times(3).map((time) => ({ time, flowUsd: 3e8, priceUsd: 90_000, byTicker: [{ ticker: 'IBIT', flowUsd: 2e8 }, { ticker: 'FBTC', flowUsd: 1e8 }] }));
  const drawing = asKind(only({ etf: { flows: { days } } }), 'time');
  assert.equal(drawing.form, 'stacked');
  const stacked = drawing.series.filter((series) => series.stacked);
  assert.deepEqual(stacked.map(({ name, values }) => [name, values]), [['IBIT', [2e8, 2e8, 2e8]], ['FBTC', [1e8, 1e8, 1e8]]]);
  assert.deepEqual(drawing.series.filter(({ field }) => field === 'flowUsd').map(({ shape, axis }) => [shape, axis]), [['line', 0]]);
  assert.deepEqual(drawing.series.filter(({ axis }) => axis === 1).map(({ field }) => field), ['priceUsd']);
});

test('a stack stays on one axis, however small some of it is', () => {
  const days = times(2).map((time) => ({ time, byTicker: [{ ticker: 'IBIT', flowUsd: 2e8 }, { ticker: 'BTCW', flowUsd: 1e3 }] }));
  assert.deepEqual(asKind(only({ days }), 'time').series.map(({ axis }) => axis), [0, 0]);
});

test('a ticker that a day lacks is a gap', () => {
  const days = [{ time: START, byTicker: [{ ticker: 'IBIT', flowUsd: 2 }] }, { time: START + DAY, byTicker: [] }];
  assert.deepEqual(asKind(only({ days }), 'time').series[0]?.values, [2, null]);
});

test('lists by exchange inside columns are stacked, and the smallest become one group', () => {
  const byExchange = Array.from({ length: 20 }, (_, index) => ({ exchange: `E${index}`, values: [index + 1, null] }));
  const drawing = asKind(only({ history: { columns: { timestamp: times(2), byExchange } } }), 'time');
  assert.equal(drawing.series.length, 12);
  const others = drawing.series.find(({ name }) => name === '9 others');
  assert.deepEqual(others?.values, [45, null]);
});

test('series whose magnitudes differ more than thirty times have two axes, others one', () => {
  const axesOf = (/** @type {number} */ other) =>
    asKind(only({ points: times(2).map((time) => ({ time, a: 100, b: other })) }), 'time').series.map(({ axis }) => axis);
  assert.deepEqual(axesOf(100 * 31), [0, 1]);
  assert.deepEqual(axesOf(100 * 29), [0, 0]);
});

test('a third magnitude is a drawing of its own', () => {
  const points = times(2).map((time) => ({ time, a: 1, b: 1e4, c: 1e8 }));
  assert.deepEqual(drawings({ data: { points } }).map((drawing) => asKind(drawing, 'time').series.map(({ name }) => name)), [['A', 'B'], ['C']]);
});

test('cells are a heatmap on the axes beside them, with the candles over it', () => {
  const heatmap = {
    prices: [100, 110, 120],
    times: times(3).map(iso),
    cells: [{ time: iso(START), price: 100, value: 5 }, { time: iso(START + 2 * DAY), price: 120, value: 9 }],
    candles,
  };
  const drawing = asKind(only({ pair: { liquidationHeatmap: heatmap } }), 'heatmap');
  assert.deepEqual([drawing.times, drawing.prices], [times(3), [100, 110, 120]]);
  assert.deepEqual(drawing.cells, { times: [0, 2], prices: [0, 2], values: [5, 9] });
  assert.equal(drawing.price?.candles.length, 4);
});

test('cells may state indexes in place of times and prices', () => {
  const heatmap = { prices: [100, 110], timestamps: times(2), cells: [{ timeIndex: 1, priceIndex: 0, value: 5 }, { timeIndex: 0, priceIndex: 1, value: 6 }] };
  assert.deepEqual(asKind(only({ heatmap }), 'heatmap').cells, { times: [1, 0], prices: [0, 1], values: [5, 6] });
});

test('order books over time are a heatmap, and the newest of them is a depth', () => {
  const snapshots = times(2).map((time, index) => ({ time, bids: [{ price: 99, quantity: 1 }, { price: 100, quantity: 2 + index }], asks: [{ price: 101, quantity: 3 }] }));
  const [map, book] = drawings({ data: { pair: { orderbookHeatmap: { snapshots } } } });
  assert.ok(map && book);
  assert.equal(asKind(map, 'heatmap').cells.values.length, 6);
  assert.deepEqual(asKind(book, 'depth').bids, [[100, 3], [99, 1]]);
  assert.equal(asKind(book, 'depth').time, START + DAY);
});

test('levels by price are a profile, stacked by leverage', () => {
  const levels = [{ price: 90, usd: 5, leverage: 25 }, { price: 80, usd: 7, leverage: 50 }, { price: 90, usd: 1, leverage: 50 }];
  const drawing = asKind(only({ map: { levels, lastPriceUsd: 85 } }), 'profile');
  assert.deepEqual([drawing.form, drawing.prices, drawing.mark], ['stacked', [80, 90], 85]);
  assert.deepEqual(drawing.series.map(({ name, values }) => [name, values]), [['25x', [null, 5]], ['50x', [7, 1]]]);
});

test('large orders are a profile, bids up and asks down', () => {
  const orders = [{ id: '1', side: 'SELL', price: 101, currentUsd: 5, startTime: iso(START) }, { id: '2', side: 'BUY', price: 99, currentUsd: 7, startTime: iso(START) }, { id: '3', side: 'BUY', price: 98, currentUsd: 2, startTime: iso(START) }];
  const drawing = asKind(only({ largeOrders: { orders } }), 'profile');
  assert.deepEqual(drawing.series.map(({ name, mirrored }) => [name, mirrored]), [['Buy', false], ['Sell', true]]);
});

test('orders at single moments are events at their price, in the size of their value', () => {
  const orders = [[0, 'BUY', 100, 5], [3, 'SELL', 90, 7], [4, 'BUY', 95, 2]].map(([minute, side, price, usd]) => ({ time: START + Number(minute) * 60_000, side, price, usd }));
  const drawing = asKind(only({ orders: /** @type {any} */ (orders) }), 'events');
  assert.deepEqual(drawing.groups.map(({ name, tone, points }) => [name, tone, points.length]), [['Buy', 'up', 2], ['Sell', 'down', 1]]);
  assert.deepEqual(drawing.groups[0]?.points[0], { time: START, value: 100, size: 5, label: 'BUY' });
});

test('several rows of one name at one time are events', () => {
  const alerts = times(3).flatMap((time) => ['OPENED', 'OPENED', 'CLOSED'].map((action) => ({ time, action, user: '0x1', valueUsd: 5 })));
  const drawing = asKind(only({ alerts }), 'events');
  assert.deepEqual(drawing.groups.map(({ name, points }) => [name, points.length]), [['Opened', 6], ['Closed', 3]]);
});

test('rows that share their times are a series for each name', () => {
  const points = times(3).flatMap((time) => ['WHALE', 'FISH'].map((tag) => ({ time, tag, value: tag === 'FISH' ? 1 : 2 })));
  const drawing = asKind(only({ points }), 'time');
  assert.deepEqual(drawing.series.map(({ name, values }) => [name, values]), [['WHALE', [2, 2, 2]], ['FISH', [1, 1, 1]]]);
});

test('figures by name are categories, and a time of the future does not matter', () => {
  const rows = ['Binance', 'OKX'].map((exchange, index) => ({ exchange, fundingRate: 0.01 * index, nextFundingTime: iso(START) }));
  const drawing = asKind(only({ rates: { stablecoinMargined: rows } }), 'categories');
  assert.deepEqual(drawing.labels, ['Binance', 'OKX']);
  assert.deepEqual(drawing.axes.map(({ unit }) => unit), ['percent']);
});

test('of many categories the largest are drawn, which the drawing says', () => {
  const coins = Array.from({ length: 50 }, (_, index) => ({ symbol: `C${index}`, openInterestUsd: index }));
  const drawing = asKind(only({ coins }), 'categories');
  assert.deepEqual([drawing.labels.length, drawing.labels[0]], [30, 'C49']);
  assert.match(drawing.omitted ?? '', /^The 30 largest of 50 by Open interest$/);
});

test('calls and puts by expiry are mirrored categories', () => {
  const expiries = ['2026-06-26', '2026-09-25'].map((expiry) => ({ expiry, calls: { quantity: 5 }, puts: { quantity: 3 } }));
  const drawing = asKind(only({ maxPain: { expiries } }), 'categories');
  assert.deepEqual([drawing.form, drawing.labels], ['mirrored', ['2026-06-26', '2026-09-25']]);
});

test('problems, single rows and texts are not drawn', () => {
  const data = {
    gated: { __typename: 'PlanGated', code: 'PLAN_REQUIRED', message: 'No.', alternatives: ['Pair.liquidations'] },
    one: { points: [{ time: START, value: 1 }] },
    news: [{ title: 'A', publisher: 'B' }, { title: 'C', publisher: 'D' }],
  };
  assert.deepEqual(drawings({ data }), []);
  assert.deepEqual(drawings({ data: null, errors: [{ message: 'No.' }] }), []);
  assert.deepEqual(drawings(null), []);
});

const FUNDING = `query ($symbol: String! = "BTC/USDT") {
  pair(exchange: "Binance", symbol: $symbol) { mine: fundingRate(interval: H8, last: 2) { ...rows } }
}
fragment rows on FundingSeries { columns { timestamp close } }`;

test('the request names the instrument, the field, its alias and its interval', () => {
  const data = { pair: { mine: { columns: { timestamp: times(2), close: [0.01, 0.02] } } } };
  const drawing = asKind(only(data, { query: FUNDING }), 'time');
  assert.equal(drawing.title, 'Binance BTC/USDT · Funding rate (mine) 8h');
  assert.deepEqual([drawing.series[0]?.name, drawing.axes[0]?.unit], ['Funding rate', 'percent']);
  assert.equal(only(data, { query: FUNDING, variables: { symbol: 'ETH/USDT' } }).title, 'Binance ETH/USDT · Funding rate (mine) 8h');
  assert.equal(only(data, '{ not GraphQL').title, 'Pair · Mine');
});

test('the unit comes from the answer, else from the argument', () => {
  const series = { unit: 'COIN', columns: { timestamp: times(2), close: [1, 2] } };
  const query = '{ coin(symbol: "BTC") { openInterest(interval: H4, unit: USD) { unit columns { timestamp close } } } }';
  const unitOf = (/** @type {any} */ openInterest) => asKind(only({ coin: { openInterest } }, query), 'time').axes[0]?.unit;
  assert.equal(unitOf(series), 'coins');
  assert.equal(unitOf({ columns: series.columns }), 'usd');
});

test('lists inside a list are named after its items, and the first of many are drawn', () => {
  const items = Array.from({ length: 10 }, (_, index) => ({ exchange: 'OKX', symbol: `C${index}`, price: { points: times(2).map((time) => ({ time, value: 1 })) } }));
  const list = drawings({ data: { pairs: items } });
  assert.deepEqual(list.map(({ title }) => title), ['OKX C0 · Price', 'OKX C1 · Price', 'OKX C2 · Price', 'OKX C3 · Price']);
  assert.match(list[0]?.omitted ?? '', /first 4 of 10/);
});

test('units and names are read from names with figures in them', () => {
  const points = times(2).map((time) => ({ time, movingAverage111Usd: 5, times3Usd: 6, change7d: 7 }));
  const drawing = asKind(only({ points }), 'time');
  assert.deepEqual(drawing.series.map(({ name, axis }) => [name, drawing.axes[axis]?.unit]), [['Moving average 111', 'usd'], ['Times 3', 'usd'], ['Change 7d', 'number']]);
});

test('a price beside figures is context, and a price alone is not', () => {
  const tonesOf = (/** @type {import('../drawing/types.js').JsonObject} */ figures) =>
    asKind(only({ points: times(2).map((time) => ({ time, ...figures })) }), 'time').series.map(({ tone }) => tone);
  assert.deepEqual(tonesOf({ priceUsd: 5, value: 1 }), [null, 'context']);
  assert.deepEqual(tonesOf({ priceUsd: 5 }), [null]);
});

test('drawings over time can be laid over each other', () => {
  const list = drawings({ data: { price: { candles }, index: { points: times(5).slice(2).map((time) => ({ time, value: 5000 })) } } });
  const both = overlay(list.map((drawing) => asKind(drawing, 'time')));
  assert.deepEqual(both.times, times(5));
  assert.deepEqual(both.series.map(({ axis, values }) => [axis, values]), [[0, [12, 13, 14, 15, null]], [1, [null, null, 5000, 5000, 5000]]]);
});
