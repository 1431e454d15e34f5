import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import * as samples from "./samples.js";

function connect(options = {}, ...exchanges) {
  const { fetch, requests } = samples.recordingFetch();
  const all = [cacheExchange, ...exchanges, fetchExchange];
  return { client: new Client({ url: samples.URL, exchanges: all, fetch, ...options }), requests };
}

for (const [method, options] of [["GET", {}], ["POST", { preferGetMethod: false }]]) {
  test(`urql reads a query with variables by ${method}, with the headers that it sends itself`, async () => {
    const { client, requests } = connect(options);
    const { data, error } = await client.query(samples.FUNDING, { last: 2 }).toPromise();
    assert.equal(error, undefined);
    samples.assertFunding(data);
    samples.assertOnlyStandardHeaders(requests);
    assert.deepEqual(requests.map((request) => request.method), [method]);
  });
}

test("urql's cache answers the second query", async () => {
  const { client, requests } = connect();
  const first = await client.query(samples.FUNDING, { last: 2 }).toPromise();
  const second = await client.query(samples.FUNDING, { last: 2 }).toPromise();
  assert.deepEqual(second.data, first.data);
  assert.equal(requests.length, 1);
});

test("urql sends the hash of a query, then its text once, then the hash alone", async () => {
  const text = samples.FUNDING.replace("query Funding", `query Urql${Date.now()}`); // the server has no hash of it
  const { client, requests } = connect({}, persistedExchange({ preferGetForPersistedQueries: true }));
  const read = () => client.query(text, { last: 2 }, { requestPolicy: "network-only" }).toPromise();
  samples.assertFunding((await read()).data);
  samples.assertFunding((await read()).data);
  const texts = requests.map(({ url, body }) => new URL(url).searchParams.has("query") || /"query"/.test(body ?? ""));
  assert.deepEqual(texts, [false, true, false]);
  samples.assertOnlyStandardHeaders(requests);
});

test("urql gives errors with their codes beside the rest of the data", async () => {
  const { data, error } = await connect().client.query(samples.PARTLY_NULL, {}).toPromise();
  assert.equal(error.networkError, undefined);
  samples.assertPartlyNull(data, error.graphQLErrors);
});

test("urql reports a document that does not fit the schema as GraphQL errors", async () => {
  for (const preferGetMethod of [true, false]) {
    const { error } = await connect({ preferGetMethod }).client.query(samples.INVALID, {}).toPromise();
    assert.equal(error.networkError, undefined);
    samples.assertInvalid(error.graphQLErrors);
  }
});

test("urql reads a problem through its interface", async () => {
  const { data } = await connect().client.query(samples.WRONG_ARGUMENT, {}).toPromise();
  samples.assertWrongArgument(data.pair.fundingRate);
});
