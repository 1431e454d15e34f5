import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { subscribe, SubscriptionError } from "coinglass-graphql-client";

const QUERY = `subscription($after: String) { price(exchange: "Binance", symbol: "BTC/USDT", interval: H1, after: $after) {
  __typename ... on PriceSeriesUpdate { cursor isSnapshot data { candles { timestamp close } } }
  ... on StreamStatus { state cursor } ... on Problem { code } } }`;
const UNAVAILABLE = { __typename: "Unavailable", code: "UPSTREAM_ERROR" };

const candles = (figures) => Object.entries(figures).map(([timestamp, close]) => ({ timestamp: Number(timestamp), close }));
const update = (cursor, figures, isSnapshot = false) => ({ __typename: "PriceSeriesUpdate", cursor, isSnapshot, data: { candles: candles(figures) } });
const trades = (cursor, ...prices) => ({ __typename: "LiveTradesUpdate", cursor, isSnapshot: false, data: { trades: prices.map((price) => ({ price })) } });
const status = (state, cursor) => ({ __typename: "StreamStatus", state, cursor });
const next = (event) => `event: next\r\ndata: ${JSON.stringify({ data: { price: event } })}\r\n\r\n`;
const COMPLETE = "event: complete\r\ndata: \r\n\r\n";
const BROKEN = new TypeError("terminated");

/** A response with these pieces, of which an error breaks it off. Without `isClosed` it stays open after them. */
function stream(pieces, { isClosed = true } = {}) {
  const rest = [...pieces];
  const body = new ReadableStream({
    pull(controller) {
      const piece = rest.shift();
      if (piece instanceof Error) controller.error(piece);
      else if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece));
      else if (isClosed) controller.close();
      else return new Promise(() => {});
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** A `fetch` that answers with these in turn, and what it was sent. As fetch does, it keeps each request: the signal of one that is collected never aborts. */
function answering(...answers) {
  const requests = [];
  const fetch = async (request) => {
    requests.push({ ...(await request.clone().json()), headers: request.headers, request });
    const answer = answers.shift();
    if (answer instanceof Error || answer === undefined) throw answer ?? new Error("nothing more was expected");
    return new Promise((resolve, reject) => {
      request.signal.addEventListener("abort", () => reject(request.signal.reason));
      const cut = new ReadableStream({
        start(controller) {
          request.signal.addEventListener("abort", () => controller.error(request.signal.reason));
          answer.body.pipeTo(new WritableStream({ write: (piece) => controller.enqueue(piece), close: () => controller.close(), abort: (reason) => controller.error(reason) })).catch(() => {});
        },
      });
      resolve(new Response(cut, { status: answer.status, headers: answer.headers }));
    });
  };
  return { fetch, requests };
}

const after = ({ requests }) => requests.map(({ variables }) => variables.after);
const open = (server, options = {}) => subscribe({ url: "http://server/graphql", query: QUERY, fetch: server.fetch, ...options });

async function all(live) {
  const seen = [];
  for await (const one of live) seen.push(one);
  return seen;
}

/** Let time pass until the promise settles, for an hour at most. */
async function inTime(promise) {
  let isSettled = false;
  const settled = promise.finally(() => (isSettled = true));
  settled.catch(() => {});
  for (let passed = 0; !isSettled; passed += 100) {
    assert.ok(passed < 3_600_000, "nothing settles");
    mock.timers.tick(100);
    await new Promise(setImmediate);
  }
  return settled;
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  mock.method(Math, "random", () => 1);
});

test("a snapshot replaces all, and changed rows replace those of their time", async () => {
  const events = [status("POLLED", ""), update("a", { 1: 10, 2: 20 }, true), update("b", { 2: 21, 3: 30 }), update("c", { 7: 70 }, true)];
  const seen = await all(open(answering(stream([...events.map(next), COMPLETE]))));
  assert.deepEqual(seen.map(({ event }) => event), events);
  assert.deepEqual(seen.map(({ data }) => data?.candles ?? null), [null, candles({ 1: 10, 2: 20 }), candles({ 1: 10, 2: 21, 3: 30 }), candles({ 7: 70 })]);
  assert.equal(seen.at(-1).status.state, "POLLED");
});

test("after a lost connection the stream goes on after the last event that came whole", async () => {
  const half = next(update("c", { 3: 30 })).slice(0, 40);
  const server = answering(
    stream([next(update("a", { 1: 10 }, true)), next(update("b", { 2: 20 })), half, BROKEN]),
    stream([next(update("c", { 3: 30 })), COMPLETE]),
  );
  const seen = await inTime(all(open(server)));
  assert.deepEqual(after(server), [undefined, "b"]);
  assert.deepEqual(seen.at(-1).data.candles, candles({ 1: 10, 2: 20, 3: 30 }));
});

test("a status without a cursor leaves that of the state which the client has", async () => {
  const server = answering(stream([next(update("a", { 1: 10 }, true)), next(status("RESUMED", "a")), next(status("POLLED", "")), BROKEN]), stream([COMPLETE]));
  await inTime(all(open(server)));
  assert.deepEqual(after(server), [undefined, "a"]);
});

test("a server that cannot be reached is tried again, each time after twice as long, and at most half a minute", async () => {
  const states = [];
  const offline = Array.from({ length: 7 }, () => new TypeError("fetch failed"));
  const server = answering(...offline, stream([next(update("a", { 1: 10 }, true)), BROKEN]), stream([COMPLETE]));
  await inTime(all(open(server, { onConnection: (state) => states.push(state) })));
  const lost = states.filter(({ state }) => state === "lost");
  assert.deepEqual(lost.map(({ delay }) => delay / 1000), [1, 2, 4, 8, 16, 30, 30, 1]);
  assert.deepEqual([lost[0].reason, lost[7].reason], ["the server cannot be reached", "the stream broke off"]);
});

test("a server that has no room is tried again when it says so", async () => {
  const states = [];
  const busy = new Response('{"errors":[{"message":"shutting down"}]}', { status: 503, headers: { "retry-after": "7" } });
  await inTime(all(open(answering(busy, stream([COMPLETE])), { onConnection: (state) => states.push(state) })));
  assert.deepEqual(states.find(({ state }) => state === "lost"), { state: "lost", reason: "shutting down", delay: 7000 });
});

test("what the server refuses is thrown with its code and not requested again", async () => {
  const errors = [{ message: "no such field", extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }];
  const inEvent = () => stream([`event: next\r\ndata: ${JSON.stringify({ errors })}\r\n\r\n`, COMPLETE]);
  for (const answer of [inEvent(), new Response(JSON.stringify({ errors }), { status: 400 })]) {
    const server = answering(answer);
    await assert.rejects(inTime(all(open(server))), (error) => error instanceof SubscriptionError && error.code === errors[0].extensions.code);
    assert.equal(server.requests.length, 1);
  }
  await assert.rejects(inTime(all(open(answering(new Response("<p>", { status: 404 }))))), /status 404/);
});

test("a connection that is silent for 45 seconds is opened anew", async () => {
  const states = [];
  const server = answering(stream([next(update("a", { 1: 10 }, true))], { isClosed: false }), stream([COMPLETE]));
  await inTime(all(open(server, { onConnection: (state) => states.push(state) })));
  assert.deepEqual(after(server), [undefined, "a"]);
  assert.equal(states.find(({ state }) => state === "lost").reason, "nothing came for 45 s");
});

test("of a channel there are the rows of the last update, or as many as the client keeps", async () => {
  const pieces = () => [next(trades("a", 1, 2)), next(trades("b", 3)), next(trades("c", 4, 5)), COMPLETE];
  const prices = async (options) => (await all(open(answering(stream(pieces())), options))).map(({ data }) => data.trades.map(({ price }) => price));
  assert.deepEqual(await prices({}), [[1, 2], [3], [4, 5]]);
  assert.deepEqual(await prices({ keep: 4 }), [[2, 1], [3, 2, 1], [5, 4, 3, 2]]);
});

test("a problem stands until the stream goes on", async () => {
  const events = [update("a", { 1: 10 }, true), UNAVAILABLE, status("LAGGING", "a"), status("RESUMED", "b"), UNAVAILABLE, update("c", { 2: 20 })];
  const seen = await all(open(answering(stream([...events.map(next), COMPLETE]))));
  assert.deepEqual(seen.map(({ problem }) => problem?.code ?? null), [null, "UPSTREAM_ERROR", "UPSTREAM_ERROR", null, "UPSTREAM_ERROR", null]);
});

test("a consumer that breaks, or a signal, ends the connection", async () => {
  const signals = [];
  const fetching = (server) => (request) => (signals.push(request.signal), server.fetch(request));
  const server = answering(stream([next(update("a", { 1: 10 }, true))], { isClosed: false }));
  for await (const _ of open({ fetch: fetching(server) })) break;
  const controller = new AbortController();
  const other = answering(stream([next(update("a", { 1: 10 }, true))], { isClosed: false }));
  const live = open({ fetch: fetching(other) }, { signal: controller.signal });
  await live.next();
  const waiting = live.next();
  controller.abort();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true]);
});

test("a signal ends the wait for the next attempt", async () => {
  const controller = new AbortController();
  const live = open(answering(new TypeError("fetch failed")), { signal: controller.signal, onConnection: ({ state }) => state === "lost" && setImmediate(() => controller.abort()) });
  assert.deepEqual(await live.next(), { done: true, value: undefined });
});

test("credentials are read for each attempt", async () => {
  let count = 0;
  const server = answering(stream([BROKEN]), stream([COMPLETE]));
  await inTime(all(open(server, { headers: () => ({ authorization: `Bearer ${++count}` }) })));
  assert.deepEqual(server.requests.map(({ headers }) => headers.get("authorization")), ["Bearer 1", "Bearer 2"]);
});

test("credentials that expire are read again, and those that were never accepted are refused", async () => {
  const expired = `event: next\r\ndata: {"errors":[{"message":"expired","extensions":{"code":"UNAUTHENTICATED"}}]}\r\n\r\n${COMPLETE}`;
  const server = answering(stream([next(update("a", { 1: 10 }, true)), expired]), stream([expired]));
  await assert.rejects(inTime(all(open(server))), ({ code }) => code === "UNAUTHENTICATED");
  assert.deepEqual(after(server), [undefined, "a"]);
});

test("a document that cannot go on is refused with what it lacks", async () => {
  const first = (query, ...events) => all(open(answering(stream(events.map(next))), { query }));
  await assert.rejects(first("{ __typename }"), /no subscription/);
  await assert.rejects(first(QUERY.replace("($after: String)", "")), /Declare `\$after: String`/);
  const { cursor: _, ...withoutCursor } = update("a", { 1: 10 }, true);
  await assert.rejects(first(QUERY, withoutCursor), /Select `cursor`/);
  const nameless = (isSnapshot) => ({ cursor: "a", isSnapshot, data: { candles: [{ close: 1 }] } });
  await assert.rejects(first(QUERY, nameless(true), nameless(false)), /Select `timestamp` in candles/);
});
