import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "graphql-sse";
import * as samples from "./samples.js";
import { collect } from "./sinks.js";

function connect(options = {}, url = samples.URL) {
  const { fetch, requests } = samples.recordingFetch();
  return { client: createClient({ url, fetchFn: fetch, retryAttempts: 0, ...options }), requests };
}

const funding = { query: samples.FUNDING, variables: { last: 2 } };

test("graphql-sse reads a query and its end over a distinct connection", async () => {
  const { client, requests } = connect();
  const results = await collect(client, funding);
  assert.equal(results.length, 1);
  samples.assertFunding(results[0].data);
  samples.assertOnlyStandardHeaders(requests);
});

test("graphql-sse gives errors with their codes beside the rest of the data", async () => {
  const [{ data, errors }] = await collect(connect().client, { query: samples.PARTLY_NULL });
  samples.assertPartlyNull(data, errors);
});

test("graphql-sse reports a document that does not fit the schema as GraphQL errors", async () => {
  const [{ errors }] = await collect(connect().client, { query: samples.INVALID });
  samples.assertInvalid(errors);
});

test("graphql-sse sends a caller's key as a header", async () => {
  const { client } = connect({ headers: { authorization: `Bearer ${samples.CALLER_KEY}` } }, samples.GUARDED_URL);
  samples.assertFunding((await collect(client, funding))[0].data);
});
