import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { possibleTypes, typePolicies } from "./apollo-cache.js";
import * as samples from "./samples.js";

function connect({ cache = {}, persisted = null } = {}) {
  const { fetch, requests } = samples.recordingFetch();
  const http = new HttpLink({ uri: samples.URL, fetch });
  const link = persisted ? new PersistedQueryLink({ sha256, ...persisted }).concat(http) : http;
  return { client: new ApolloClient({ link, cache: new InMemoryCache(cache) }), requests };
}

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const funding = { query: gql(samples.FUNDING), variables: { last: 2 } };

test("Apollo Client reads a query with variables, with the headers that it sends itself", async () => {
  const { client, requests } = connect();
  samples.assertFunding((await client.query(funding)).data);
  samples.assertOnlyStandardHeaders(requests);
  assert.equal(requests.length, 1);
});

test("Apollo Client's cache answers the second query", async () => {
  const { client, requests } = connect();
  await client.query(funding);
  samples.assertFunding((await client.query(funding)).data);
  assert.equal(requests.length, 1);
});

test("Apollo Client sends the hash of a query, then its text once, then the hash alone", async () => {
  const text = gql(samples.FUNDING.replace("query Funding", `query Apollo${Date.now()}`)); // the server has no hash of it
  const { client, requests } = connect({ persisted: { useGETForHashedQueries: true } });
  const query = { query: text, variables: { last: 2 }, fetchPolicy: "network-only" };
  samples.assertFunding((await client.query(query)).data);
  samples.assertFunding((await client.query(query)).data);
  assert.deepEqual(requests.map(({ method }) => method), ["GET", "POST", "GET"]);
  assert.ok(!new URL(requests[2].url).searchParams.has("query"));
  samples.assertOnlyStandardHeaders(requests);
});

test("Apollo Client sends hashes by POST as well", async () => {
  const text = gql(samples.FUNDING.replace("query Funding", `query ApolloPost${Date.now()}`));
  const { client, requests } = connect({ persisted: {} });
  samples.assertFunding((await client.query({ query: text, variables: { last: 2 } })).data);
  assert.deepEqual(requests.map(({ body }) => "query" in JSON.parse(body)), [false, true]);
});

test("Apollo Client throws an error with its code by default", async () => {
  await assert.rejects(connect().client.query({ query: gql(samples.PARTLY_NULL) }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    samples.assertUnknownCoin(error.errors);
    return true;
  });
});

test("Apollo Client gives the rest of the data with the error policies `all` and `ignore`", async () => {
  const query = gql(samples.PARTLY_NULL);
  const all = await connect().client.query({ query, errorPolicy: "all" });
  samples.assertPartlyNull(all.data, all.error.errors);
  const ignoring = await connect().client.query({ query, errorPolicy: "ignore" });
  assert.equal(ignoring.data.exchange.name, "Binance");
  assert.equal(ignoring.error, undefined);
});

test("Apollo Client reports a document that does not fit the schema as GraphQL errors", async () => {
  await assert.rejects(connect().client.query({ query: gql(samples.INVALID) }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), String(error));
    samples.assertInvalid(error.errors);
    return true;
  });
});

test("Apollo Client reads a problem through its interface if its cache has the possible types", async () => {
  const { client } = connect({ cache: { possibleTypes: await possibleTypes(samples.URL) } });
  const { data } = await client.query({ query: gql(samples.WRONG_ARGUMENT) });
  samples.assertWrongArgument(data.pair.fundingRate);
});

test("Apollo Client's cache joins what two queries read of one pair if it has the keys of entities", async () => {
  const { client, requests } = connect({ cache: { typePolicies } });
  const pair = (fields) => gql(`{ pair(exchange: "binance", symbol: "BTC/USDT") { exchange symbol ${fields} } }`);
  await client.query({ query: pair("base") });
  await client.query({ query: pair("quote") });
  const { data } = await client.query({ query: pair("base quote") });
  assert.deepEqual([data.pair.base, data.pair.quote], ["BTC", "USDT"]);
  assert.equal(requests.length, 2);
  assert.ok(client.cache.extract()['Pair:{"exchange":"Binance","symbol":"BTCUSDT"}']);
});
