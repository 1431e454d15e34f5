import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { poll, pollDelay } from "coinglass-graphql-client";

const START = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds) => new Date(START + seconds * 1000).toISOString();
const source = (seconds, refreshSeconds) => ({ source: { __typename: "DataSource", expiresAt: at(seconds), refreshSeconds } });
const now = () => START;

beforeEach(() => mock.timers.reset());

test("the first figure that expires decides, wherever it is", () => {
  const data = { pair: { price: source(300), funding: { rows: [source(40), source(90)] } }, empty: null };
  assert.equal(pollDelay(data, { now }), 40_000);
});

test("the expiry of other things decides nothing", () => {
  const data = { coinglassAccount: { __typename: "CoinglassAccount", expiresAt: at(10) }, fearGreed: source(50) };
  assert.equal(pollDelay(data, { now }), 50_000);
});

test("stale figures are requested again after the minimum", () => {
  assert.equal(pollDelay(source(-20, 60), { now, minimum: 3000 }), 3000);
});

test("a slow clock delays no longer than the refresh time", () => {
  assert.equal(pollDelay(source(5000, 60), { now }), 60_000);
});

test("figures of months ahead do not exceed the maximum, and figures without expiry take the fallback", () => {
  assert.equal(pollDelay(source(10_000_000), { now, maximum: 1000_000 }), 1000_000);
  assert.equal(pollDelay({ fearGreed: { source: { expiresAt: null } } }, { now, fallback: 7000 }), 7000);
  assert.equal(pollDelay({ fearGreed: { source: { expiresAt: "soon" } } }, { now, fallback: 7000 }), 7000);
});

test("a problem is asked again when it says so", () => {
  assert.equal(pollDelay({ price: { __typename: "Unavailable", retryAfter: 12.5 }, other: source(80) }, { now }), 12_500);
});

async function advance(seconds) {
  mock.timers.tick(seconds * 1000);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

test("polling requests when figures expire, and again by the new figures", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: START });
  let data = source(60);
  const requests = [];
  const { stop } = poll({
    read: () => data,
    refetch: () => {
      requests.push((Date.now() - START) / 1000);
      data = source((Date.now() - START) / 1000 + 20);
    },
  });
  for (let second = 0; second < 110; second++) await advance(1);
  stop();
  for (let second = 0; second < 110; second++) await advance(1);
  assert.deepEqual(requests, [60, 80, 100]);
});

test("stale figures, which the server is refreshing, are requested again after a second, once", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: START });
  const requests = [];
  const { stop } = poll({ read: () => source(0, 60), refetch: () => void requests.push((Date.now() - START) / 1000) });
  for (let second = 0; second < 13; second++) await advance(1);
  stop();
  assert.deepEqual(requests, [1, 6, 7, 12, 13]);
});

test("data that came in another way moves the next request", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: START });
  let data = source(600);
  const requests = [];
  const { stop, update } = poll({ read: () => data, refetch: () => void requests.push((Date.now() - START) / 1000) });
  await advance(5);
  data = source(30);
  update();
  for (let second = 5; second < 30; second++) await advance(1);
  stop();
  assert.deepEqual(requests, [30]);
});

test("a failure ends nothing, and each in a row doubles the time", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: START });
  const requests = [];
  const refetch = () => {
    requests.push((Date.now() - START) / 1000);
    throw new Error("offline");
  };
  const { stop } = poll({ read: () => undefined, refetch, fallback: 10_000, maximum: 60_000 });
  for (let second = 0; second < 160; second++) await advance(1);
  stop();
  assert.deepEqual(requests, [10, 30, 70, 130]);
});

test("a page in the background requests nothing, and catches up when it is shown", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: START });
  const page = new EventTarget();
  globalThis.document = Object.assign(page, { visibilityState: "hidden" });
  let requests = 0;
  const { stop } = poll({ read: () => undefined, refetch: () => void (requests += 1), fallback: 10_000 });
  await advance(100);
  assert.equal(requests, 0);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  await advance(0);
  assert.equal(requests, 1);
  stop();
  delete globalThis.document;
});
