import assert from 'node:assert/strict';
import test from 'node:test';
import { Connection } from '../live/connection.js';
import { EventReader } from '../live/event-stream.js';
import { COMPLETE, FakeServer, next } from './fake-server.js';

/** @import { ConnectionState } from '../live/connection.js' */

/** @param {FakeServer} server */
async function connect(server) {
  /** @type {unknown[]} */
  const events = [];
  /** @type {ConnectionState[]} */
  const states = [];
  const connection = new Connection(
    {
      endpoint: 'graphql',
      operation: () => ({ query: 'subscription { price { __typename } }' }),
      headers: () => ({ authorization: 'Bearer key' }),
      onEvent: (event) => events.push(event),
      onState: (state) => states.push(state),
    },
    server.environment,
  );
  void connection.run();
  await server.pass(0);
  return { connection, events, states, kinds: () => states.map(({ kind }) => kind) };
}

test('events are read whatever the pieces in which they arrive', () => {
  const text = ': ping\r\n\r\nevent: next\r\ndata: {"a":1}\r\n\r\ndata: x\ndata: y\n\nevent: complete\rdata:\r\r\n';
  const whole = new EventReader().read(text);
  assert.deepEqual(whole, [
    { type: 'next', data: '{"a":1}' },
    { type: 'message', data: 'x\ny' },
    { type: 'complete', data: '' },
  ]);
  for (let size = 1; size < text.length; size += 1) {
    const reader = new EventReader();
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size));
    assert.deepEqual(pieces.flatMap((piece) => reader.read(piece)), whole, `pieces of ${size}`);
  }
});

test('a subscription is a POST for events, with the headers of queries, until it is complete', async () => {
  const server = new FakeServer();
  const { events, kinds } = await connect(server);
  assert.equal(server.last.headers['accept'], 'text/event-stream');
  assert.equal(server.last.headers['authorization'], 'Bearer key');
  server.last.send(next({ data: 1 }) + next({ data: 2 }) + COMPLETE);
  await server.pass(0);
  assert.deepEqual(events, [{ data: 1 }, { data: 2 }]);
  assert.deepEqual(kinds(), ['connecting', 'open', 'complete']);
  await server.pass(600_000);
  assert.equal(server.attempts.length, 1);
});

test('a stream that breaks off is requested again, ever later until an event comes', async () => {
  const server = new FakeServer();
  const { states } = await connect(server);
  for (let attempt = 0; attempt < 7; attempt += 1) {
    server.last.end();
    await server.pass(0);
    await server.pass(30_000);
  }
  const delays = () => states.flatMap((state) => (state.kind === 'lost' ? [state.seconds] : []));
  assert.deepEqual(delays(), [1, 2, 4, 8, 16, 30, 30]);
  server.last.send(next({ data: 1 }));
  await server.pass(0);
  server.last.end();
  await server.pass(0);
  assert.equal(delays().at(-1), 1);
});

test('a server that cannot be reached is tried again', async () => {
  const server = new FakeServer();
  server.answer = () => null;
  const { states } = await connect(server);
  assert.deepEqual(states.at(-1), { kind: 'lost', reason: 'the server cannot be reached', seconds: 1 });
  server.answer = () => undefined;
  await server.pass(1_000);
  assert.equal(states.at(-1)?.kind, 'open');
});

test('a silent stream is taken for lost, and one with heartbeats is not', async () => {
  const server = new FakeServer();
  const { states } = await connect(server);
  for (let beat = 0; beat < 10; beat += 1) {
    await server.pass(15_000);
    server.last.send(': ping\r\n\r\n');
  }
  await server.pass(0);
  assert.equal(server.attempts.length, 1);
  await server.pass(45_000);
  assert.deepEqual(states.find(({ kind }) => kind === 'lost'), { kind: 'lost', reason: 'nothing came for 45 s', seconds: 1 });
  assert.ok(server.attempts[0]?.isAborted());
});

test('a busy server is asked again when it says', async () => {
  const server = new FakeServer();
  server.answer = () => new Response('{"errors":[{"message":"Too many."}]}', { status: 429, headers: { 'retry-after': '20' } });
  const { states } = await connect(server);
  assert.deepEqual(states.at(-1), { kind: 'lost', reason: 'Too many.', seconds: 20 });
  await server.pass(19_000);
  assert.equal(server.attempts.length, 1);
  await server.pass(1_000);
  assert.equal(server.attempts.length, 2);
});

test('a refusal ends the subscription with what the server says', async () => {
  const server = new FakeServer();
  const response = { errors: [{ message: 'No.', extensions: { code: 'UNAUTHENTICATED' } }] };
  server.answer = () => new Response(JSON.stringify(response), { status: 401 });
  const { states } = await connect(server);
  assert.deepEqual(states.at(-1), { kind: 'refused', response });
  await server.pass(600_000);
  assert.equal(server.attempts.length, 1);
});

test('nothing comes and nothing is requested after a stop, whether connected or waiting', async () => {
  for (const isWaiting of [false, true]) {
    const server = new FakeServer();
    const { connection, events, kinds } = await connect(server);
    if (isWaiting) server.last.end();
    await server.pass(0);
    connection.stop();
    assert.ok(server.last.isAborted());
    await server.pass(600_000);
    assert.equal(kinds().at(-1), 'stopped');
    assert.deepEqual([events.length, server.attempts.length, server.timers.length], [0, 1, 0]);
  }
});
