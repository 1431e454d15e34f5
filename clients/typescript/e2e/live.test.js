// A subscription to the real server, over connections that are cut.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { subscribe } from "coinglass-graphql-client";
import { openProxy } from "../../../interop/clients/live/proxy.js";
import { publish, stopModel } from "../../../interop/clients/live/sandbox.js";
import { startServer } from "./servers.js";

const TRADES = `subscription Trades($minUsd: Int!, $after: String) {
  futuresTrades(exchange: "Binance", symbol: "BTC/USDT", minUsd: $minUsd, after: $after) {
    __typename
    ... on LiveTradesUpdate { cursor isSnapshot data { trades { price } } }
    ... on StreamStatus { state cursor }
    ... on Problem { code message }
  }
}`;
const PARTS = [[1, 20], [21, 40], [41, 60]];

let server;

before(async () => (server = await startServer()));
after(() => server?.stop());

async function send(first, last) {
  const trade = (price) => ({ base_asset: "BTC", exchange: "Binance", symbol: "BTCUSDT", side: 2, price, volume_usd: 10_000, time: Date.now() });
  const data = Array.from({ length: last - first + 1 }, (_, index) => trade(first + index));
  await publish(server.sandbox, "futures_trades@Binance_BTCUSDT@7", data);
}

test("after cuts no event is missing or doubled", { timeout: 60_000 }, async () => {
  await stopModel(server.sandbox);
  const proxy = await openProxy(server.address);
  const prices = [];
  const states = [];
  const parts = [...PARTS];
  try {
    for await (const { event, data } of subscribe({ url: `${proxy.url}/graphql`, query: TRADES, variables: { minUsd: 7 } })) {
      if (event.__typename === "StreamStatus") states.push(event.state);
      else prices.push(...data.trades.map(({ price }) => price));
      if (prices.length === 60) break;
      if (prices.length !== 60 - parts.length * 20) continue;
      if (prices.length > 0) void proxy.cut();
      await send(...parts.shift());
    }
  } finally {
    proxy.close();
  }
  assert.deepEqual(prices, Array.from({ length: 60 }, (_, index) => index + 1));
  assert.deepEqual(states, ["CONNECTED"]);
  assert.equal(proxy.opened, 3);
});
