import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import * as samples from "./samples.js";
import { collect } from "./sinks.js";

const funding = { query: samples.FUNDING, variables: { last: 2 } };
const MARKET = { query: `{ coin(symbol: "BTC") { market { __typename } } }` }; // needs the plan Standard

async function connected(use, options = {}, url = samples.URL) {
  const client = createClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, retryAttempts: 0, ...options });
  try {
    return await use(client);
  } finally {
    await client.dispose();
  }
}

test("graphql-ws reads a query and its end", () =>
  connected(async (client) => {
    const results = await collect(client, funding);
    assert.equal(results.length, 1);
    samples.assertFunding(results[0].data);
  }));

test("graphql-ws runs operations at the same time over one connection", async () => {
  let opened = 0;
  await connected(
    async (client) => {
      const all = await Promise.all([1, 2, 3].map(() => collect(client, funding)));
      all.forEach(([result]) => samples.assertFunding(result.data));
    },
    { on: { opened: () => (opened += 1) } },
  );
  assert.equal(opened, 1);
});

test("graphql-ws gives errors with their codes beside the rest of the data", () =>
  connected(async (client) => {
    const [{ data, errors }] = await collect(client, { query: samples.PARTLY_NULL });
    samples.assertPartlyNull(data, errors);
  }));

test("graphql-ws reports a document that does not fit the schema, and the connection stays open", () =>
  connected(async (client) => {
    await assert.rejects(collect(client, { query: samples.INVALID }), (errors) => {
      samples.assertInvalid(errors);
      return true;
    });
    samples.assertFunding((await collect(client, funding))[0].data);
  }, { lazyCloseTimeout: 1000 }));

test("graphql-ws ends an operation whose client is no longer interested, and goes on", () =>
  connected(async (client) => {
    for await (const result of client.iterate(funding)) {
      samples.assertFunding(result.data);
      break; // sends `complete`
    }
    samples.assertFunding((await collect(client, funding))[0].data);
  }));

test("graphql-ws sends a caller's key in its connection parameters", () =>
  connected(
    async (client) => samples.assertFunding((await collect(client, funding))[0].data),
    { connectionParams: { apiKey: samples.CALLER_KEY } },
    samples.GUARDED_URL,
  ));

test("graphql-ws uses a caller's own CoinGlass key in its connection parameters", async () => {
  for (const [plan, type] of [["hobbyist", "PlanGated"], ["enterprise", "CoinMarket"]]) {
    const connectionParams = { apiKey: samples.CALLER_KEY, "CG-API-KEY": `sandbox-${plan}` };
    const [{ data }] = await connected((client) => collect(client, MARKET), { connectionParams }, samples.GUARDED_URL);
    assert.equal(data.coin.market.__typename, type);
  }
});

test("graphql-ws is refused with a close code and a reason without a caller's key", () =>
  assert.rejects(
    connected((client) => collect(client, funding), {}, samples.GUARDED_URL),
    ({ code, reason }) => code === 4403 && /apiKey/.test(reason),
  ));
