import assert from 'node:assert/strict';
import test from 'node:test';
import { problems } from '../drawing/index.js';

/** @import { JsonObject, Problem, Remedy } from '../drawing/types.js' */

const QUERY = 'query Q($i: Interval! = M5) { pair(exchange: "Binance", symbol: "BTC/USDT") { price(interval: M1, last: 5) { __typename } later: price(interval: $i) { __typename } market { __typename } } }';

/**
 * @param {JsonObject} problem
 * @param {string} [key] of the field in QUERY
 * @param {string} [sdl]
 * @returns {Problem}
 */
function problemOf(problem, key = 'price', sdl) {
  const [first, ...others] = problems({ data: { pair: { [key]: problem } } }, { query: QUERY, variables: {} }, sdl);
  assert.ok(first);
  assert.deepEqual(others, []);
  return first;
}

/** @param {Problem} problem @returns {Remedy} */
function remedyOf(problem) {
  const [first] = problem.remedies;
  assert.ok(first);
  return first;
}

test('a gate names the plan that opens it, and what else is known', () => {
  const gate = problemOf({ __typename: 'PlanGated', code: 'PLAN_REQUIRED', message: 'Needs more.', requiredPlan: 'PROFESSIONAL', currentPlan: null, alternatives: ['Pair.liquidations'] });
  assert.deepEqual([gate.kind, gate.title, gate.field], ['gate', 'Needs the Professional plan', 'Binance BTC/USDT · Price 1m']);
  assert.deepEqual(gate.details, [{ name: 'Required plan', value: 'Professional' }, { name: 'Alternatives', value: 'Pair.liquidations' }]);
});

test('the message names the plan where the query did not select it', () => {
  assert.equal(problemOf({ code: 'PLAN_REQUIRED', message: 'Map: needs the Startup plan; this server runs with Hobbyist.' }).title, 'Needs the Startup plan');
});

test('a problem is known by its code where the query did not select its type', () => {
  assert.equal(problemOf({ code: 'PLAN_REQUIRED', message: 'No.' }).kind, 'gate');
  assert.equal(problemOf({ code: 'TIMEOUT', message: 'No.' }).kind, 'failure');
  assert.equal(problemOf({ code: 'BAD_USER_INPUT', message: 'No.' }).kind, 'input');
});

test('the permitted interval is run by changing the argument', () => {
  const remedy = remedyOf(problemOf({ code: 'INTERVAL_TOO_FINE', message: '', minInterval: 'H4' }));
  assert.deepEqual([remedy.label, remedy.query], ['Run with 4h', QUERY.replace('interval: M1', 'interval: H4')]);
});

test('the permitted interval is run by changing the variable that has it', () => {
  const remedy = remedyOf(problemOf({ code: 'INTERVAL_TOO_FINE', message: '', minInterval: 'H4' }, 'later'));
  assert.deepEqual([remedy.query, remedy.variables], [QUERY, { i: 'H4' }]);
});

test('without the interval the server is told to take the finest of the plan', () => {
  const remedy = remedyOf(problemOf({ code: 'INTERVAL_TOO_FINE', message: '' }));
  assert.equal(remedy.query, QUERY.replace('last: 5)', 'last: 5, onPlanLimit: COARSEN)'));
});

test('an interval that CoinGlass itself refused has no remedy', () => {
  assert.deepEqual(problemOf({ code: 'INTERVAL_TOO_FINE', message: '', minInterval: null }).remedies, []);
});

test('a window that is too deep is cut', () => {
  const remedy = remedyOf(problemOf({ code: 'HISTORY_TOO_DEEP', message: '', availableFrom: '2026-01-01T00:00:00Z' }));
  assert.match(remedy.query, /last: 5, onPlanLimit: CLIP\)/);
});

test('what may succeed later can be run again', () => {
  assert.equal(remedyOf(problemOf({ code: 'TIMEOUT', message: '', retryable: true })).query, QUERY);
  assert.deepEqual(problemOf({ code: 'NO_DATA', message: '', retryable: false }).remedies, []);
});

test('a suggested name takes the place of the unknown one, also in an error', () => {
  const fault = { message: 'Unknown.', path: ['pair'], extensions: { code: 'BAD_USER_INPUT', argument: 'symbol', suggestions: ['BTCUSDT', 'BTCUSDC'] } };
  const [problem] = problems({ data: { pair: null }, errors: [fault] }, QUERY);
  assert.ok(problem);
  assert.equal(problem.kind, 'error');
  assert.deepEqual(problem.remedies.map(({ label }) => label), ['Run with BTCUSDT', 'Run with BTCUSDC']);
  assert.equal(remedyOf(problem).query, QUERY.replace('"BTC/USDT"', '"BTCUSDT"'));
});

const SDL = `
"""A directive."""
directive @upstream(path: String!) repeatable on FIELD_DEFINITION | OBJECT
type Query { pair(exchange: String!, symbol: String!): Pair }
type Pair {
  "Where positions would be liquidated."
  liquidationMap(range: MapRange! = D1, interval: Interval): MapResult! @upstream(path: "/map")
  liquidations(interval: Interval!, last: Int): LiquidationsResult!
}
union LiquidationsResult = | Liquidations | PlanGated
union MapResult = LiquidationMap | PlanGated
type Liquidations implements Series & Sourced { source: DataSource! count: Int! bars: [Bar!]! columns: Columns! }
type LiquidationMap { levels: [Bar!]! }
type Bar { time: DateTime! longUsd: Float inner: Inner! }
type Inner { a: Float list: [Float] }
type Columns { longUsd: [Float]! }
type DataSource { endpoint: String! }
scalar DateTime
scalar Float
enum Interval { M1 H4 }
enum MapRange { D1 }
`;
const GATED = { code: 'PLAN_REQUIRED', message: '', requiredPlan: 'PROFESSIONAL', alternatives: ['Pair.liquidations', 'Coin.liquidations'] };

test('another field takes the place of a gated one, with the arguments that both have', () => {
  const query = 'query ($r: MapRange! = D1, $s: String!) { pair(exchange: "OKX", symbol: $s) { liquidationMap(range: $r) { __typename } } }';
  const [problem] = problems({ data: { pair: { liquidationMap: GATED } } }, { query, variables: { r: 'D1', s: 'BTC' } }, SDL);
  assert.ok(problem);
  assert.deepEqual(problem.remedies.map(({ label }) => label), ['Run Pair.liquidations instead']);
  const { query: changed, variables } = remedyOf(problem);
  assert.equal(
    changed.replace(/\s+/g, ' '),
    'query ($s: String!) { pair(exchange: "OKX", symbol: $s) { liquidations(interval: H4, last: 90) { __typename ... on Liquidations { bars { time longUsd inner { a } } } ... on Problem { code message } } } }',
  );
  assert.deepEqual(variables, { s: 'BTC' });
});

test('the last variable leaves with its brackets', () => {
  const query = 'query Q($r: MapRange! = D1) { pair(exchange: "OKX", symbol: "BTC") { map: liquidationMap(range: $r) { __typename } } }';
  const [problem] = problems({ data: { pair: { map: GATED } } }, query, SDL);
  assert.match(problem?.remedies[0]?.query ?? '', /^query Q \{ pair\(exchange: "OKX", symbol: "BTC"\) \{ map: liquidations\(/);
});

test('without the schema there is no query for another field', () => {
  const query = '{ pair(exchange: "OKX", symbol: "BTC") { liquidationMap { __typename } } }';
  for (const sdl of [undefined, '', 'Not Found']) {
    assert.deepEqual(problems({ data: { pair: { liquidationMap: GATED } } }, query, sdl)[0]?.remedies, []);
  }
});

test('data that is stale, shortened, coarsened or odd has a note for each', () => {
  const payload = {
    requestedInterval: 'M5',
    interval: 'H4',
    truncated: 'PLAN_HISTORY',
    source: { freshness: 'STALE', fetchedAt: new Date(Date.now() - 3 * 3_600_000).toISOString(), anomalies: [{ kind: 'VALUE_UNREADABLE', field: 'close', count: 2, sample: 'n/a' }] },
    candles: [],
  };
  const list = problems({ data: { pair: { price: payload, largeOrders: { capped: true } } } });
  assert.deepEqual(list.map(({ kind, code }) => [kind, code]), [['stale', 'STALE'], ['anomaly', 'VALUE_UNREADABLE'], ['partial', 'PLAN_HISTORY'], ['partial', 'COARSENED'], ['partial', 'CAPPED']]);
  assert.match(list[0]?.message ?? '', /^An earlier answer, fetched 3 h ago .*, until .* run again for it$/);
  assert.equal(list[1]?.message, 'close, 2 times, such as n/a');
  assert.equal(list[3]?.message, 'Requested M5, served H4');
});

test('fresh and complete data has no note', () => {
  const payload = { requestedInterval: 'H4', interval: 'H4', truncated: null, source: { freshness: 'FRESH', anomalies: [] }, capped: false };
  assert.deepEqual(problems({ data: { pair: { price: payload } } }), []);
});

test('comments, fragments and text that is not GraphQL do no harm', () => {
  const query = '# { price }\n{ pair { ...p } } fragment p on Pair { price(interval: M1 # fine\n) { __typename } }';
  const gate = { code: 'INTERVAL_TOO_FINE', message: '', minInterval: 'H4' };
  const [problem] = problems({ data: { pair: { price: gate } } }, query);
  assert.equal(problem?.remedies[0]?.query, query.replace('M1', 'H4'));
  assert.deepEqual(problems({ data: { pair: { price: gate } } }, '{ pair {')[0]?.remedies, []);
});

test('fragments that contain themselves end', () => {
  const query = '{ pair { ...a } } fragment a on Pair { ...b } fragment b on Pair { ...a }';
  assert.equal(problems({ data: { pair: { price: { code: 'TIMEOUT', message: '' } } } }, query)[0]?.remedies.length, 0);
});
