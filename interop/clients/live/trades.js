// Trades with running numbers, which the sandbox sends as it is told, and what a client has received of them.
import assert from "node:assert/strict";
import { publish } from "./sandbox.js";

const AT_ONCE = 20; // events in one request, each of which is a message of its own

export const SANDBOX = required("COINGLASS_SANDBOX_URL");
export const URL = required("COINGLASS_LIVE_URL");
export const TRADES = `
  subscription Trades($minUsd: Int!, $after: String) {
    futuresTrades(exchange: "Binance", symbol: "BTC/USDT", minUsd: $minUsd, after: $after) {
      __typename
      ... on LiveTradesUpdate { cursor data { trades { price } } }
      ... on StreamStatus { state cursor }
      ... on Problem { code message }
    }
  }
`;

/** Variables of a subscription. Whatever sends them again sends the cursor of what has arrived by then. */
export function variablesOf(received, minUsd) {
  return {
    minUsd,
    get after() {
      return received.cursor;
    },
  };
}

/** Send trades whose prices are running numbers on a channel, which differs for each `minUsd`. */
export async function send(minUsd, first, last) {
  const channel = `futures_trades@Binance_BTCUSDT@${minUsd}`;
  for (let number = first; number <= last; number += AT_ONCE) {
    const data = Array.from({ length: AT_ONCE }, (_, index) => trade(number + index, minUsd));
    await publish(SANDBOX, channel, data);
  }
}

export class Received {
  prices = [];
  states = [];
  cursor = null;
  updates = 0;
  #waiting = [];

  /** Note the result of a subscription. */
  take({ data, errors }) {
    assert.equal(errors, undefined, JSON.stringify(errors));
    const event = data.futuresTrades;
    assert.equal(event.code, undefined, event.message);
    if (event.__typename === "StreamStatus") this.states.push(event.state);
    else this.prices.push(...event.data.trades.map(({ price }) => price));
    this.updates += event.__typename === "LiveTradesUpdate";
    this.cursor = event.cursor || this.cursor;
    this.#waiting = this.#waiting.filter(({ isMet, resolve }) => !isMet() || resolve());
  }

  /** Wait until so many trades have arrived. */
  has(count) {
    return this.#until(() => this.prices.length >= count);
  }

  /** Wait until CoinGlass' stream is open. */
  isConnected() {
    return this.#until(() => this.states.includes("CONNECTED"));
  }

  #until(isMet) {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isMet, resolve }));
  }

  /** Check that all trades arrived once and in order, without a gap that the server states. */
  assertComplete(count) {
    assert.deepEqual(this.prices, Array.from({ length: count }, (_, index) => index + 1));
    assert.deepEqual(this.states.filter((state) => state !== "CONNECTED"), []);
    assert.ok(this.updates > 3, `everything came in ${this.updates} updates`);
  }
}

function trade(number, minUsd) {
  return { base_asset: "BTC", exchange: "Binance", symbol: "BTCUSDT", side: 2, price: number, volume_usd: minUsd + 1, time: Date.now() };
}

function required(name) {
  assert.ok(process.env[name], `${name} is not set. Run \`make interop\`, which starts the servers.`);
  return process.env[name];
}
