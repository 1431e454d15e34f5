import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { parse } from "graphql";
import { coinglassCache, graphcacheConfig } from "coinglass-graphql-client/urql";
import { createGraph, examples } from "./graph.js";
import { recordingWarnings } from "./warnings.js";

const FUNDING = (selection) => `{ coin(symbol: "BTC") { fundingRate(interval: H1, last: 3) { ... on FundingSeries { ${selection} } __typename ... on Problem { code message } } } }`;
const CANDLES = FUNDING("candles { time close }");
const OPENS = FUNDING("candles { time open }");
const INTEREST = `{ coin(symbol: "BTC") { openInterest(interval: H1, last: 3) { ... on OISeries { latest { close } } ... on Problem { code } } } }`;
const FEAR = `{ indicators { fearGreed(last: 2) { ... on FearGreedIndex { latest { value } } ... on Problem { code } } } }`;
const SEASON = `{ indicators { altcoinSeason(last: 2) { ... on AltcoinSeason { latest { time } } ... on Problem { code } } } }`;
const PANELS = [FEAR, SEASON, CANDLES, INTEREST, OPENS];

function connect(graph, cache = coinglassCache()) {
  const respond = async (_url, { body }) => {
    const { query, variables } = JSON.parse(body);
    const result = await graph.answer(parse(query), variables);
    return new Response(JSON.stringify(result), { headers: { "content-type": "application/json" } });
  };
  return new Client({ url: "http://graph.invalid", exchanges: [cache, fetchExchange], fetch: respond, preferGetMethod: false });
}

async function readAll(graph, client, documents) {
  const lost = [];
  const warnings = await recordingWarnings(async () => {
    const answers = [];
    for (const query of documents) {
      const { data, error } = await client.query(query, {}).toPromise();
      assert.equal(error, undefined);
      answers.push(data);
    }
    for (const [index, query] of documents.entries()) {
      const { data } = await client.query(query, {}, { requestPolicy: "cache-only" }).toPromise();
      if (data === null || data === undefined) lost.push(index);
      else assert.deepEqual(data, answers[index]);
    }
  });
  return { lost, warnings, requests: graph.requests };
}

test("panels that share a coin and a namespace all stay readable, without a warning", async () => {
  const graph = createGraph();
  const { lost, warnings, requests } = await readAll(graph, connect(graph), PANELS);
  assert.deepEqual({ lost, warnings, requests }, { lost: [], warnings: [], requests: 5 });
});

test("the options alone end all warnings of a default Graphcache", async () => {
  const graph = createGraph();
  const { lost, warnings } = await readAll(graph, connect(graph, cacheExchange(graphcacheConfig)), PANELS.slice(0, 4));
  assert.deepEqual({ lost, warnings }, { lost: [], warnings: [] });
});

test("all example documents stay readable beside each other, without a warning", async () => {
  const graph = createGraph();
  const { lost, warnings } = await readAll(graph, connect(graph), Object.values(examples()));
  assert.deepEqual({ lost, warnings }, { lost: [], warnings: [] });
});

test("figures of two requests are never mixed", async () => {
  const graph = createGraph();
  const client = connect(graph);
  await client.query(CANDLES, {}).toPromise();
  await client.query(OPENS, {}).toPromise();
  const { data } = await client.query(CANDLES, {}, { requestPolicy: "cache-only" }).toPromise();
  assert.deepEqual(data.coin.fundingRate.candles, Array(3).fill({ time: "time 1", close: 1 }));
});

test("without the kit's exchange the rows of two requests are mixed", async () => {
  const graph = createGraph();
  const client = connect(graph, cacheExchange(graphcacheConfig));
  await client.query(CANDLES, {}).toPromise();
  await client.query(OPENS, {}).toPromise();
  const { data } = await client.query(FUNDING("candles { open close }"), {}, { requestPolicy: "cache-only" }).toPromise();
  assert.deepEqual(data.coin.fundingRate.candles[0], { open: 2, close: 1 });
});

test("the server sees the document of the user with key fields, and no argument of the cache", async () => {
  const graph = createGraph();
  await connect(graph).query(CANDLES, {}).toPromise();
  const [document] = graph.sent;
  const { selections } = document.definitions[0].selectionSet.selections[0].selectionSet;
  assert.deepEqual(selections.map(({ name }) => name.value).sort(), ["__typename", "fundingRate", "symbol"]);
  const rate = selections.find(({ name }) => name.value === "fundingRate");
  assert.deepEqual(rate.arguments.map(({ name }) => name.value), ["interval", "last"]);
});

test("a later request for the same document replaces its figures", async () => {
  const graph = createGraph();
  const client = connect(graph);
  await client.query(CANDLES, {}).toPromise();
  graph.problems.add("fundingRate");
  await client.query(CANDLES, {}, { requestPolicy: "network-only" }).toPromise();
  const { data } = await client.query(CANDLES, {}, { requestPolicy: "cache-only" }).toPromise();
  assert.equal(data.coin.fundingRate.__typename, "Unavailable");
});

// The last one, because Graphcache repeats no warning.
test("without the kit Graphcache warns", async () => {
  const graph = createGraph();
  const { warnings } = await readAll(graph, connect(graph, cacheExchange({})), PANELS.slice(0, 4));
  assert.ok(warnings.some((line) => line.includes("Invalid key")));
  assert.ok(warnings.some((line) => line.includes("Heuristic Fragment Matching")));
});
