import assert from "node:assert/strict";
import { before, test } from "node:test";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { createClient as createSSEClient } from "graphql-sse";
import { createClient as createWSClient } from "graphql-ws";
import WebSocket from "ws";
import { openProxy } from "./proxy.js";
import { stopModel } from "./sandbox.js";
import { Received, SANDBOX, send, TRADES, URL, variablesOf } from "./trades.js";

const PARTS = [[1, 300], [301, 700], [701, 1000]];
const SOON = () => new Promise((resolve) => setTimeout(resolve, 20));

/** Subscribe and return what ends that. `fail` is called where the client itself does not connect again. */
const CLIENTS = {
  "graphql-ws": (url, minUsd, received, fail) => {
    const client = createWSClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, retryWait: SOON });
    client.subscribe({ query: TRADES, variables: variablesOf(received, minUsd) }, sink(received, fail));
    return () => client.dispose();
  },
  "graphql-sse": (url, minUsd, received, fail) => {
    const client = createSSEClient({ url, retry: SOON });
    client.subscribe({ query: TRADES, variables: variablesOf(received, minUsd) }, sink(received, fail));
    return () => client.dispose();
  },
  "Apollo Client, by multipart,": (url, minUsd, received, fail) => {
    const client = new ApolloClient({ link: new HttpLink({ uri: url }), cache: new InMemoryCache() });
    let subscription;
    const subscribe = () => {
      const variables = { minUsd, after: received.cursor };
      subscription = client.subscribe({ query: gql(TRADES), variables, fetchPolicy: "no-cache" }).subscribe({
        next: ({ data, error }) => (error ? subscribe() : received.take({ data })),
        error: fail,
      });
    };
    subscribe();
    return () => subscription.unsubscribe();
  },
};

function sink(received, fail) {
  return { next: (result) => received.take(result), error: fail, complete: () => {} };
}

before(() => stopModel(SANDBOX));

for (const [index, [name, subscribe]] of Object.entries(CLIENTS).entries()) {
  test(`${name} receives 1,000 events in order, and after cuts none is missing or doubled`, { timeout: 60_000 }, async () => {
    const proxy = await openProxy(URL);
    const received = new Received();
    const minUsd = index + 1;
    let stop;
    try {
      await new Promise((resolve, reject) => {
        stop = subscribe(`${proxy.url}/graphql`, minUsd, received, reject);
        run(proxy, received, minUsd).then(resolve, reject);
      });
    } finally {
      await stop();
      proxy.close();
    }
    received.assertComplete(1000);
    assert.equal(proxy.opened, PARTS.length);
  });
}

/** Send trades, in the second and the third part of them while the connection is cut. */
async function run(proxy, received, minUsd) {
  await received.isConnected();
  for (const [first, last] of PARTS) {
    const cut = first === 1 ? null : proxy.cut();
    await send(minUsd, first, last);
    await cut;
    await received.has(last);
  }
}
