import assert from "node:assert/strict";
import { test } from "node:test";
import { ApolloClient, ApolloLink, gql, InMemoryCache } from "@apollo/client";
import { loadDevMessages, loadErrorMessages } from "@apollo/client/dev";
import { Observable } from "rxjs";
import { cacheConfig, documentTransform, refresh } from "coinglass-graphql-client/apollo";
import { createGraph, examples } from "./graph.js";
import { recordingWarnings } from "./warnings.js";

loadDevMessages();
loadErrorMessages();

const FUNDING = (coin, selection) => gql`{ coin(symbol: "${coin}") { fundingRate(interval: H1, last: 3) { ... on FundingSeries { ${selection} } ... on Problem { code message } } } }`;
const CANDLES = FUNDING("BTC", "candles { time close }");
const OPENS = FUNDING("BTC", "candles { time open }");
const INTEREST = gql`{ coin(symbol: "BTC") { openInterest(interval: H1, last: 3) { ... on OISeries { latest { close } } ... on Problem { code } } } }`;
const FEAR = gql`{ indicators { fearGreed(last: 2) { ... on FearGreedIndex { latest { value } } ... on Problem { code } } } }`;
const SEASON = gql`{ indicators { altcoinSeason(last: 2) { ... on AltcoinSeason { latest { time } } ... on Problem { code } } } }`;
const COINS = gql`query Coins($after: String) { coins(first: 3, after: $after) { nodes { symbol } pageInfo { endCursor hasNextPage } totalCount } }`;

/** A default client with the kit, or as it is without it. */
function connect(graph, options = { cache: new InMemoryCache(cacheConfig), documentTransform }) {
  const link = new ApolloLink(({ query, variables }) => new Observable((observer) => {
    graph.answer(query, variables).then((result) => {
      observer.next(result);
      observer.complete();
    }, (error) => observer.error(error));
  }));
  return new ApolloClient({ link, devtools: { enabled: false }, ...options });
}

const plain = () => ({ cache: new InMemoryCache() });
const figures = (value) => [...new Set(JSON.stringify(value).match(/"(?:open|close|value)":\d+/g) ?? [])];

/** Read all documents one after another; return those that the cache cannot answer afterwards, and the warnings. */
async function readAll(client, documents) {
  const lost = [];
  const warnings = await recordingWarnings(async () => {
    const answers = [];
    for (const query of documents) answers.push((await client.query({ query })).data);
    for (const [index, query] of documents.entries()) {
      const cached = client.readQuery({ query });
      if (cached === null) lost.push(index);
      else assert.deepEqual(cached, answers[index]);
    }
  });
  return { lost, warnings };
}

const PANELS = [FEAR, SEASON, CANDLES, INTEREST, OPENS];

test("panels that share a coin and a namespace all stay readable, without a warning", async () => {
  const { lost, warnings } = await readAll(connect(createGraph()), PANELS);
  assert.deepEqual({ lost, warnings }, { lost: [], warnings: [] });
});

test("all example documents stay readable beside each other, without a warning", async () => {
  const { lost, warnings } = await readAll(connect(createGraph()), Object.values(examples()).map((text) => gql(text)));
  assert.deepEqual({ lost, warnings }, { lost: [], warnings: [] });
});

test("figures of two requests are never mixed", async () => {
  const graph = createGraph();
  const client = connect(graph);
  for (const query of [CANDLES, OPENS]) await client.query({ query });
  const rows = (query) => client.readQuery({ query }).coin.fundingRate.candles;
  assert.deepEqual(rows(CANDLES), Array(3).fill({ __typename: "Candle", time: "time 1", close: 1 }));
  assert.deepEqual(rows(OPENS), Array(3).fill({ __typename: "Candle", time: "time 2", open: 2 }));
});

test("a request for the same selection replaces figures and rows that are gone, without a warning", async () => {
  const graph = createGraph();
  const client = connect(graph);
  const warnings = await recordingWarnings(async () => {
    await client.query({ query: CANDLES });
    graph.rows = 2;
    await client.query({ query: CANDLES, fetchPolicy: "network-only" });
  });
  const { candles } = client.readQuery({ query: CANDLES }).coin.fundingRate;
  assert.deepEqual(candles.map(({ close }) => close), [2, 2]);
  assert.deepEqual(warnings, []);
});

test("a problem takes the place of a payload and keeps its fields", async () => {
  const graph = createGraph();
  const client = connect(graph);
  const warnings = await recordingWarnings(async () => {
    await client.query({ query: CANDLES });
    graph.problems.add("fundingRate");
    await client.query({ query: CANDLES, fetchPolicy: "network-only" });
  });
  const { fundingRate } = client.readQuery({ query: CANDLES }).coin;
  assert.equal(fundingRate.__typename, "Unavailable");
  assert.equal(fundingRate.message, "message 2");
  assert.deepEqual(warnings, []);
});

test("two ways to a coin lead to one entry, although no document selects its key", async () => {
  const graph = createGraph();
  const client = connect(graph);
  await client.query({ query: CANDLES });
  const listed = gql`{ coinsBySymbol(symbols: ["BTC"]) { fundingRate(interval: H1, last: 3) { ... on FundingSeries { candles { time close } } ... on Problem { code message } } } }`;
  await client.query({ query: listed });
  assert.deepEqual(figures(client.readQuery({ query: CANDLES })), ['"close":2']);
  assert.deepEqual(Object.keys(client.extract()).filter((id) => id.startsWith("Coin")), ['Coin:{"symbol":"BTC"}']);
});

test("without the document transform nothing fails, and panels of a coin stay readable", async () => {
  const { lost, warnings } = await readAll(connect(createGraph(), { cache: new InMemoryCache(cacheConfig) }), PANELS);
  assert.deepEqual({ lost, warnings }, { lost: [], warnings: [] });
});

test("a directive with a variable makes two selections of one", async () => {
  const client = connect(createGraph());
  const query = gql`query Q($full: Boolean!) { indicators { fearGreed(last: 2) { ... on FearGreedIndex { count latest @include(if: $full) { value } } ... on Problem { code } } } }`;
  await client.query({ query, variables: { full: true } });
  await client.query({ query, variables: { full: false } });
  assert.deepEqual(figures(client.readQuery({ query, variables: { full: true } })), ['"value":1']);
});

test("pages are appended in order, and the first page starts anew", async () => {
  const client = connect(createGraph());
  const pages = client.watchQuery({ query: COINS });
  const subscription = pages.subscribe({});
  await client.query({ query: COINS });
  await pages.fetchMore({ variables: { after: "after start" } });
  const symbols = () => client.readQuery({ query: COINS }).coins.nodes.map(({ symbol }) => symbol);
  assert.deepEqual(symbols(), ["S0", "S1", "S2", "S3", "S4", "S5"]);
  await client.query({ query: COINS, fetchPolicy: "network-only" });
  assert.deepEqual(symbols(), ["S0", "S1", "S2"]);
  subscription.unsubscribe();
});

test("pages of a screener are appended, and a page that fails takes nothing away", async () => {
  const graph = createGraph();
  const client = connect(graph);
  const query = gql`query Screener($after: String) { markets { coins(first: 3, after: $after) { ... on CoinMarketConnection { nodes { symbol } pageInfo { endCursor } } ... on Problem { code } } } }`;
  const list = client.watchQuery({ query });
  const subscription = list.subscribe({});
  await client.query({ query });
  const rows = () => client.readQuery({ query }).markets.coins.nodes.length;
  await list.fetchMore({ variables: { after: "after start" } });
  assert.equal(rows(), 6);
  graph.problems.add("coins");
  const { data } = await list.fetchMore({ variables: { after: "after after start" } });
  assert.equal(data.markets.coins.code !== undefined, true);
  assert.equal(rows(), 6);
  subscription.unsubscribe();
});

test("a refresh brings new figures to what watches them, and one that fails takes none away", async () => {
  const graph = createGraph();
  const client = connect(graph);
  const watched = client.watchQuery({ query: CANDLES });
  const closes = ({ data }) => data?.coin?.fundingRate.candles.map(({ close }) => close).join();
  const emissions = [];
  let refreshed;
  const arrival = new Promise((resolve) => (refreshed = resolve));
  const subscription = watched.subscribe((result) => {
    emissions.push(closes(result));
    if (closes(result) === "2,2,2") refreshed();
  });
  await client.query({ query: CANDLES });
  await refresh(client, { query: CANDLES });
  await arrival;
  graph.answer = () => Promise.reject(new Error("offline"));
  await assert.rejects(refresh(client, { query: CANDLES }), /offline/);
  assert.equal(closes(watched.getCurrentResult()), "2,2,2");
  assert.equal(emissions.at(-1), "2,2,2");
  subscription.unsubscribe();
});

// The last one, because Apollo Client repeats no warning.
test("without the kit such panels overwrite each other, with warnings", async () => {
  const { lost, warnings } = await readAll(connect(createGraph(), plain()), PANELS);
  assert.ok(lost.length > 0);
  assert.ok(warnings.some((line) => line.includes("Cache data may be lost")));
});
