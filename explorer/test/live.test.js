import assert from 'node:assert/strict';
import test from 'node:test';
import { isSubscription, Live } from '../live/live.js';
import { COMPLETE, FakeServer, next } from './fake-server.js';

/** @import { Operation } from '../drawing/types.js' */
/** @import { LiveView } from '../live/live.js' */

const PRICE = 'subscription P($after: String) { btc: price(symbol: "BTC", after: $after) { ... on PriceSeriesUpdate { cursor isSnapshot data { candles { timestamp close } } } ... on StreamStatus { state } } }';
const ORDERS = 'subscription { liquidationOrders(minUsd: 5) { ... on LiveLiquidationsUpdate { cursor data { orders { usd } } } } }';
const UPDATE = { __typename: 'PriceSeriesUpdate', isSnapshot: false };
const POLLED = { __typename: 'StreamStatus', state: 'POLLED', periodSeconds: 60, cursor: 'early' };

/** @param {string | Operation} operation */
async function start(operation) {
  const server = new FakeServer();
  /** @type {LiveView[]} */
  const views = [];
  const live = new Live(
    { endpoint: 'graphql', operation: typeof operation === 'string' ? { query: operation } : operation, headers: () => ({}), onView: (view) => views.push(view) },
    server.environment,
  );
  live.start();
  await server.pass(0);
  const field = operation === ORDERS ? 'liquidationOrders' : 'btc';
  return {
    ...{ server, live, views },
    last: () => /** @type {LiveView} */ (views.at(-1)),
    /** Receive events, and wait until they are shown. @param {object[]} events */
    receive: async (...events) => {
      server.last.send(events.map((event) => next({ data: { [field]: event } })).join(''));
      await server.pass(300);
    },
    lose: async () => {
      server.last.end();
      await server.pass(1_100);
    },
  };
}

/** @param {LiveView} view */
const candles = (view) => /** @type {any} */ (view.response.data).btc.data.candles;

const snapshot = { ...UPDATE, isSnapshot: true, cursor: 'c1', data: { candles: [{ timestamp: 1, close: 1 }, { timestamp: 2, close: 2 }] } };
const change = { ...UPDATE, cursor: 'c2', data: { candles: [{ timestamp: 2, close: 3 }, { timestamp: 3, close: 4 }] } };

test('a snapshot replaces everything, and changes replace rows', async () => {
  const { receive, last } = await start(PRICE);
  await receive(snapshot, change);
  assert.deepEqual(candles(last()), [{ timestamp: 1, close: 1 }, { timestamp: 2, close: 3 }, { timestamp: 3, close: 4 }]);
  await receive({ ...snapshot, data: { candles: [{ timestamp: 9, close: 9 }] } });
  assert.deepEqual(candles(last()), [{ timestamp: 9, close: 9 }]);
});

test('many events are shown together, a few times a second, and the last one as it came', async () => {
  const { server, views, last } = await start(PRICE);
  const before = views.length;
  for (let time = 0; time < 100; time += 1) {
    server.last.send(next({ data: { btc: { ...change, data: { candles: [{ timestamp: time, close: time }] } } } }));
    await server.pass(10);
  }
  await server.pass(250);
  assert.ok(views.length - before <= 5, `${views.length - before} views of one second`);
  assert.equal(last().updates, 100);
  assert.deepEqual(/** @type {any} */ (last().event?.data).btc.data.candles, [{ timestamp: 99, close: 99 }]);
  assert.equal(candles(last()).length, 100);
});

test('after a lost connection the stream goes on after the last update, by the variable of the document', async () => {
  const { server, receive, lose, last } = await start(PRICE);
  await receive(POLLED, snapshot, change);
  await lose();
  assert.deepEqual(server.last.body, { query: PRICE, variables: { after: 'c2' } });
  await receive({ ...UPDATE, cursor: 'c3', data: { candles: [{ timestamp: 4, close: 5 }] } });
  assert.equal(candles(last()).length, 4);
});

test('a document without `after` gets the argument', async () => {
  const { server, receive, lose } = await start(ORDERS);
  await receive({ cursor: 'c"1', data: { orders: [{ usd: 1 }] } });
  await lose();
  assert.ok(server.last.body.query.includes('liquidationOrders(minUsd: 5, after: "c\\"1")'), server.last.body.query);
});

test('the cursor of a status is not used for a series, whose state may come after it', async () => {
  const { server, receive, lose } = await start(PRICE);
  await receive(POLLED);
  await lose();
  assert.equal(server.last.body.variables, undefined);
  await receive(snapshot, { ...POLLED, state: 'RESUMED' });
  await lose();
  assert.deepEqual(server.last.body.variables, { after: 'c1' });
});

test('a channel goes on after its status, too', async () => {
  const { server, receive, lose } = await start(ORDERS);
  await receive({ state: 'CONNECTED', cursor: 'c0' });
  await lose();
  assert.ok(server.last.body.query.includes('after: "c0"'));
});

test('events of a channel come before earlier ones', async () => {
  const { receive, last } = await start(ORDERS);
  await receive({ cursor: 'a', data: { orders: [{ usd: 1 }, { usd: 2 }] } }, { cursor: 'b', data: { orders: [{ usd: 3 }] } });
  assert.deepEqual(last().response, { data: { liquidationOrders: { data: { orders: [{ usd: 3 }, { usd: 2 }, { usd: 1 }] } } } });
});

test('the status says in words what becomes of the stream', async () => {
  const { server, live, receive, last, views } = await start(PRICE);
  assert.equal(views[0]?.status, 'Connecting');
  await server.pass(300);
  assert.equal(last().status, 'Connected, waiting for the first event');
  await receive(POLLED, snapshot);
  assert.equal(last().status, 'Polled every 60 s');
  await receive({ __typename: 'Unavailable', code: 'TIMEOUT', message: 'CoinGlass did not answer.' });
  assert.equal(last().status, 'Polled every 60 s · Unavailable: CoinGlass did not answer.');
  assert.equal(candles(last()).length, 2);
  await receive({ __typename: 'StreamStatus', state: 'RESUMED', gapStart: '2026-01-01T00:00:01Z', gapSeconds: 90 });
  assert.equal(last().status, 'Polled every 60 s · Resumed after a gap of 2 min from 2026-01-01 00:00:01 UTC');
  await receive({ __typename: 'StreamStatus', state: 'LAGGING', dropped: 1200 });
  assert.equal(last().status, 'Polled every 60 s · Lagging: 1,200 events did not reach this page');
  server.last.end();
  await server.pass(300);
  assert.ok(last().status.startsWith('Connection lost (the stream broke off), next attempt in 1 s'));
  live.stop();
  assert.ok(last().status.startsWith('Stopped'));
  assert.ok(last().isOver);
});

test('a gated stream ends with its problem in place of figures', async () => {
  const { server, last } = await start(PRICE);
  const problem = { __typename: 'PlanGated', code: 'PLAN_REQUIRED', message: 'Needs more.' };
  server.last.send(next({ data: { btc: problem } }) + COMPLETE);
  await server.pass(0);
  assert.deepEqual([last().status, last().isOver], ['Ended by the server · Gated: Needs more.', true]);
  assert.deepEqual(last().response, { data: { btc: problem } });
});

test('errors of the request are what the subscription comes to', async () => {
  const { server, last } = await start(PRICE);
  const response = { errors: [{ message: 'Unknown argument.' }] };
  server.last.send(next(response) + COMPLETE);
  await server.pass(0);
  assert.deepEqual([last().response, last().event, last().isOver], [response, response, true]);
});

test('a document that lacks what merging needs is told what to select', async () => {
  const { receive, last } = await start(PRICE);
  await receive({ data: { candles: [{ close: 1 }] } }, { data: { candles: [{ close: 2 }] } });
  for (const name of ['`cursor`', '`isSnapshot`', '`timestamp`']) assert.ok(last().status.includes(name), last().status);
  assert.deepEqual(candles(last()), [{ close: 1 }]);
});

test('subscriptions are told from queries by the operation that runs', () => {
  const query = 'query A { a } subscription B { b }';
  assert.deepEqual([{ query }, { query, operationName: 'B' }, { query: '{ a }' }, { query: 'subscription {' }].map(isSubscription), [false, true, false, false]);
});
