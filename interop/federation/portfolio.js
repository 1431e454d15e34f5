// A subgraph in Node with positions in our coins and pairs.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { graphql, parse } from "graphql";
import { portfolioSdl } from "./composers.js";
import { SECRET, listen } from "./servers.js";

export async function startPortfolio(coinglass, count) {
  const pairs = await listedPairs(coinglass);
  const positions = Array.from({ length: count }, (_, index) => {
    const { base, exchange, symbol } = pairs[index % pairs.length];
    return { id: String(index), quantity: index + 0.5, coin: { symbol: base }, pair: { exchange, symbol } };
  });
  const schema = buildSubgraphSchema({ typeDefs: parse(portfolioSdl), resolvers: resolvers(positions) });
  const listener = createServer(async (request, response) => {
    const { query: source, variables: variableValues } = JSON.parse(await text(request));
    response.end(JSON.stringify(await graphql({ schema, source, variableValues })));
  });
  return { address: await listen(listener), stop: () => listener.close() };
}

const resolvers = (positions) => ({
  Query: { positions: () => positions },
  Coin: { positions: ({ symbol }) => positions.filter(({ coin }) => coin.symbol === symbol) },
  Pair: {
    positions: ({ exchange, symbol }) =>
      positions.filter(({ pair }) => pair.exchange === exchange && pair.symbol === symbol),
  },
});

async function listedPairs(coinglass) {
  const response = await fetch(`${coinglass}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "router-authorization": SECRET },
    body: JSON.stringify({ query: "{ pairs(first: 1000) { nodes { exchange symbol base } } }" }),
  });
  return (await response.json()).data.pairs.nodes;
}
