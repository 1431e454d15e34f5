import assert from 'node:assert/strict';
import test from 'node:test';
import { withChanges, withEvents } from '../live/merge.js';

/** @typedef {{ timestamp: number, close: number | null }} Row */

/**
 * Return random whole numbers below a bound, the same ones for the same seed.
 * @param {number} seed
 */
function generator(seed) {
  let state = seed;
  return (/** @type {number} */ bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** @param {(bound: number) => number} random */
function someRows(random) {
  const times = new Set(Array.from({ length: random(8) }, () => random(20)));
  return [...times].sort((a, b) => a - b).map((timestamp) => ({ timestamp, close: random(5) === 0 ? null : random(100) }));
}

/**
 * What the documentation says, in its simplest form: each row replaces the one of the same time.
 * @param {Row[]} rows
 * @param {Row[]} changes
 */
function recomputed(rows, changes) {
  const others = rows.filter(({ timestamp }) => !changes.some((row) => row.timestamp === timestamp));
  return [...others, ...changes].sort((a, b) => a.timestamp - b.timestamp);
}

/** @param {Row[]} rows */
const inColumns = (rows) => ({ columns: { timestamp: rows.map(({ timestamp }) => timestamp), close: rows.map(({ close }) => close) } });

/** @param {Row[]} rows */
const bounds = (rows) => ({ from: iso(rows[0]), to: iso(rows.at(-1)), latest: rows.at(-1) ?? null, count: rows.length });

/** @param {Row | undefined} row */
const iso = (row) => (row ? new Date(row.timestamp).toISOString() : null);

test('any sequence of changes comes to what a recomputation from all rows says', () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = generator(seed);
    let expected = someRows(random);
    let [rows, columns] = [{ candles: expected, ...bounds(expected) }, inColumns(expected)];
    for (let step = random(12); step > 0; step -= 1) {
      const changes = someRows(random);
      expected = recomputed(expected, changes);
      rows = withChanges(rows, { candles: changes, ...bounds(changes) }).payload;
      columns = withChanges(columns, inColumns(changes)).payload;
    }
    assert.deepEqual(rows, { candles: expected, ...bounds(expected) }, `seed ${seed}`);
    assert.deepEqual(columns, inColumns(expected), `seed ${seed}`);
  }
});

test('rows of a list replace those of the same name and keep their place', () => {
  const before = { coins: [{ symbol: 'BTC', price: 1 }, { symbol: 'ETH', price: 2 }] };
  const { payload } = withChanges(before, { coins: [{ symbol: 'ETH', price: 3 }, { symbol: 'SOL', price: 4 }] });
  assert.deepEqual(payload.coins, [{ symbol: 'BTC', price: 1 }, { symbol: 'ETH', price: 3 }, { symbol: 'SOL', price: 4 }]);
});

test('rows of several exchanges are told apart by exchange and symbol', () => {
  const before = { rows: [{ exchange: 'A', symbol: 'X', rate: 1 }, { exchange: 'B', symbol: 'X', rate: 2 }] };
  const { payload } = withChanges(before, { rows: [{ exchange: 'B', symbol: 'X', rate: 3 }] });
  assert.deepEqual(payload.rows, [{ exchange: 'A', symbol: 'X', rate: 1 }, { exchange: 'B', symbol: 'X', rate: 3 }]);
});

for (const before of [{ candles: [{ close: 1 }] }, { candles: [{ exchange: 'A', close: 1 }, { exchange: 'A', close: 2 }] }, { columns: { close: [1, 2] } }]) {
  test(`changes of rows that nothing tells apart are left out and named: ${JSON.stringify(before)}`, () => {
    const [name = ''] = Object.keys(before);
    assert.deepEqual(withChanges(before, before), { payload: before, unmerged: [name] });
  });
}

test('the latest row stays when an older one is corrected', () => {
  const latest = { time: '2026-01-02T00:00:00Z', close: 5 };
  assert.deepEqual(withChanges({ latest }, { latest: { time: '2026-01-01T00:00:00Z', close: 4 } }).payload, { latest });
});

test('the source is that of the newest answer', () => {
  const { payload, unmerged } = withChanges({ source: { anomalies: [{ kind: 'A' }] } }, { source: { anomalies: [] } });
  assert.deepEqual([payload, unmerged], [{ source: { anomalies: [] } }, []]);
});

test('events are kept with the newest first, up to the bound', () => {
  /** @type {{ orders: { usd: number }[] } | null} */
  let payload = null;
  for (let usd = 0; usd < 10; usd += 2) payload = withEvents(payload, { orders: [{ usd }, { usd: usd + 1 }] }, 5);
  assert.deepEqual(payload?.orders.map(({ usd }) => usd), [9, 8, 7, 6, 5]);
});

test('what is merged is left as it was', () => {
  const before = { candles: [{ timestamp: 1, close: 1 }], columns: { timestamp: [1], close: [1] } };
  const copy = structuredClone(before);
  withChanges(before, { candles: [{ timestamp: 1, close: 2 }], columns: { timestamp: [1], close: [2] } });
  withEvents(before, before, 10);
  assert.deepEqual(before, copy);
});
