// The servers under test, documents, and what the sandbox's samples answer to them.
import assert from "node:assert/strict";

export const URL = `${required("COINGLASS_URL")}/graphql`;
export const GUARDED_URL = `${required("COINGLASS_GUARDED_URL")}/graphql`; // demands CALLER_KEY, accepts CoinGlass keys
export const CALLER_KEY = required("COINGLASS_CALLER_KEY");

export const FUNDING = `
  query Funding($last: Int!) {
    pair(exchange: "binance", symbol: "BTC/USDT") {
      symbol
      fundingRate(interval: H8, last: $last) {
        ... on FundingSeries { candles { time close } source { freshness sandbox } }
        ... on Problem { code message }
      }
    }
  }
`;
export const PARTLY_NULL = `{ coin(symbol: "NOPE") { symbol } exchange(name: "binance") { name } }`;
export const INVALID = "{ noSuchField }";
export const WRONG_ARGUMENT = `{
  pair(exchange: "binance", symbol: "BTC/USDT") {
    fundingRate(interval: H8, last: 0) { ... on FundingSeries { candles { time } } ... on Problem { code message } }
  }
}`;

const EIGHT_HOURS = 8 * 60 * 60 * 1000;

// The two newest samples alternate, and bars end at fixed hours.
export function assertFunding(data, last = 2) {
  assert.equal(data.pair.symbol, "BTCUSDT");
  const { candles, source } = data.pair.fundingRate;
  assert.equal(candles.length, last);
  assert.deepEqual(new Set(candles.map(({ close }) => close)), new Set([0.009229, 0.01]));
  const times = candles.map(({ time }) => Date.parse(time));
  times.slice(1).forEach((time, index) => assert.equal(time - times[index], EIGHT_HOURS));
  assert.equal(source.sandbox, true);
}

export function assertPartlyNull(data, errors) {
  assert.equal(data.coin, null);
  assert.equal(data.exchange.name, "Binance");
  assertUnknownCoin(errors);
}

export function assertUnknownCoin(errors) {
  assert.deepEqual(errors.map(({ path }) => path), [["coin"]]);
  assert.equal(errors[0].extensions.code, "BAD_USER_INPUT");
  assert.equal(errors[0].extensions.argument, "symbol");
}

export function assertInvalid(errors) {
  assert.deepEqual(errors.map(({ extensions }) => extensions.code), ["GRAPHQL_VALIDATION_FAILED"]);
  assert.match(errors[0].message, /noSuchField/);
}

export function assertWrongArgument(problem) {
  assert.equal(problem.code, "BAD_USER_INPUT");
  assert.match(problem.message, /`last`/);
}

// A `fetch` that records the method, URL and headers of each request.
export function recordingFetch() {
  const requests = [];
  const recording = (url, options) => {
    requests.push({ method: options.method, url: String(url), body: options.body, headers: options.headers });
    return fetch(url, options);
  };
  return { fetch: recording, requests };
}

// Only headers that need no preflight beyond `content-type: application/json`, and no more than the client sends itself.
export function assertOnlyStandardHeaders(requests) {
  const names = requests.flatMap(({ headers }) => Object.keys(headers)).map((name) => name.toLowerCase());
  assert.deepEqual(new Set([...names, "accept", "content-type"]), new Set(["accept", "content-type"]));
}

function required(name) {
  assert.ok(process.env[name], `${name} is not set. Run \`make interop\`, which starts the servers.`);
  return process.env[name];
}
