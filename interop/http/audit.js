// Audits the server by graphql-http's list of what GraphQL over HTTP demands, then uses graphql-sse's client.
// Fails on every MUST, SHOULD and MAY that the server does not fulfil.
import assert from 'node:assert/strict';
import { serverAudits } from 'graphql-http';
import { createClient } from 'graphql-sse';
import { withSandbox } from './sandbox.js';

const CANDLES = `{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H4, last: 3) {
  ... on PriceSeries { candles { close } } } } }`;

async function audit(url) {
  const results = await Promise.all(serverAudits({ url, fetchFn: fetch }).map((audit) => audit.fn()));
  const failed = results.filter((result) => result.status !== 'ok');
  for (const { id, name, reason, response } of failed) {
    console.error(`${id} ${name}: ${reason} (status ${response.status})`);
  }
  console.log(`graphql-http: ${results.length - failed.length} of ${results.length} audits pass`);
  assert.equal(failed.length, 0);
  assert.ok(results.length > 0);
}

function resultsOf(client, query) {
  return new Promise((resolve, reject) => {
    const results = [];
    client.subscribe({ query }, { next: (result) => results.push(result), error: reject, complete: () => resolve(results) });
  });
}

async function streamEvents(url) {
  const client = createClient({ url, retryAttempts: 0 });
  const [answer] = await resultsOf(client, CANDLES);
  assert.equal(answer.data.pair.price.candles.length, 3);
  const [refused] = await resultsOf(client, '{ nothing }');
  assert.deepEqual(Object.keys(refused), ['errors']);
  client.dispose();
  console.log('graphql-sse: a result and a refusal arrive as events');
}

await withSandbox(async (url) => {
  await audit(url);
  await streamEvents(url);
});
