// Apollo Gateway and Hive Gateway in front of the real server, with the sandbox behind it, and a portfolio of 100 positions.
//
// Each joins the positions with our coins and pairs, and our coins and pairs with the positions. Every operation may send
// one `_entities` request for each type, whatever the number of positions.
import assert from "node:assert/strict";
import { ApolloGateway } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";
import { coinglass, composers, portfolio } from "./composers.js";
import { startPortfolio } from "./portfolio.js";
import { SECRET, countingProxy, startServer } from "./servers.js";

const POSITIONS = 100;
const TO_US = `{ positions { id
  coin { symbol currentFundingRates { __typename } }
  pair { exchange symbol base venue { name } market { __typename } } } }`;
const FROM_US = `{
  coins(first: 1000) { nodes { symbol positions { id quantity } } }
  pairs(first: 1000) { nodes { exchange symbol positions { id } } } }`;

async function apolloGateway(supergraphSdl) {
  const gateway = new ApolloGateway({ supergraphSdl });
  const server = new ApolloServer({ gateway });
  await server.start();
  const execute = async (query) => (await server.executeOperation({ query })).body.singleResult;
  return { execute, stop: () => server.stop() };
}

async function hiveGateway(supergraph) {
  const gateway = createGatewayRuntime({ supergraph, logging: false, maskedErrors: false });
  const execute = async (query) => {
    const body = JSON.stringify({ query });
    const headers = { "content-type": "application/json" };
    const response = await gateway.fetch("http://gateway/graphql", { method: "POST", headers, body });
    return response.json();
  };
  return { execute, stop: () => gateway[Symbol.asyncDispose]() };
}

/** Execute, and return the data with the representations that each `_entities` request asked for, by type. */
async function counted(gateway, proxy, query) {
  proxy.operations.length = 0;
  const { data, errors } = await gateway.execute(query);
  assert.equal(errors, undefined, JSON.stringify(errors?.slice(0, 2)));
  const batches = proxy.operations.filter(({ query: text }) => text.includes("_entities"));
  return { data, batches: batches.map(({ variables }) => typenames(variables)), requests: proxy.operations.length };
}

/** The types of the representations; a gateway may send those of several types in one request, as several lists. */
const typenames = (variables) =>
  [...new Set(Object.values(variables).flat().map(({ __typename }) => __typename))].sort().join(" and ");

async function check(name, gateway, ours, theirs) {
  const toUs = await counted(gateway, ours, TO_US);
  assert.equal(toUs.data.positions.length, POSITIONS);
  for (const { coin, pair } of toUs.data.positions) {
    assert.equal(pair.base, coin.symbol);
    assert.equal(pair.venue.name, pair.exchange);
    assert.equal(pair.market.__typename, "PairMarket");
    assert.equal(coin.currentFundingRates.__typename, "CurrentFundingRates");
  }
  assert.deepEqual([...new Set(toUs.batches)].length, toUs.batches.length, `${name} repeats a type: ${toUs.batches}`);
  assert.equal(toUs.batches.sort().join(" and "), "Coin and Pair");

  const fromUs = await counted(gateway, theirs, FROM_US);
  const positions = (nodes) => nodes.flatMap((node) => node.positions);
  assert.equal(positions(fromUs.data.coins.nodes).length, POSITIONS);
  assert.equal(positions(fromUs.data.pairs.nodes).length, POSITIONS);
  assert.equal(fromUs.batches.sort().join(" and "), "Coin and Pair");
  console.log(`joined by ${name}: ${toUs.requests} requests to us, ${fromUs.requests} back to the portfolio`);
}

const server = await startServer();
const ours = await countingProxy(server.address);
const book = await startPortfolio(server.address, POSITIONS);
const theirs = await countingProxy(book.address);
const subgraphs = [coinglass(`${ours.address}/graphql`), portfolio(theirs.address)];
try {
  for (const [name, start, composer] of [
    ["Apollo Gateway", apolloGateway, "apollo"],
    ["Hive Gateway", hiveGateway, "guild"],
  ]) {
    const { errors, sdl } = composers[composer](subgraphs);
    assert.deepEqual(errors, []);
    const gateway = await start(sdl);
    await check(name, gateway, ours, theirs);
    await gateway.stop();
  }
} finally {
  theirs.stop();
  book.stop();
  ours.stop();
  await server.stop();
}
