// The real server with the sandbox behind it, and a proxy that counts the operations on their way to a subgraph.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createInterface } from "node:readline";

/** Only a router that sends this is served. */
export const SECRET = "interop-router-secret-of-32-signs";
const ROUTER_AUTHORIZATION = "router-authorization";

const command = new URL("../../.venv/bin/coinglass-graphql", import.meta.url).pathname;
const json = { "content-type": "application/json" };

export async function startServer() {
  const env = { ...process.env, COINGLASS_PLAN: "professional", COINGLASS_ROUTER_SECRET: SECRET, COINGLASS_PORT: "0" };
  const server = spawn(command, ["serve", "--sandbox=samples"], { env, stdio: ["ignore", "pipe", "pipe"] });
  const address = await new Promise((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr])
      createInterface(stream).on("line", (line) => {
        const listening = /serves .* at (http:\/\/\S+)\//.exec(line);
        if (listening) resolve(listening[1]);
      });
    server.on("exit", (code) => reject(new Error(`the server ended with ${code} before it listened`)));
  });
  const stop = async () => {
    server.kill("SIGTERM");
    await once(server, "exit");
  };
  return { address, stop };
}

/** Pass requests on with the secret, as a router does, and collect their operations. */
export async function countingProxy(target) {
  const operations = [];
  const listener = createServer(async (request, response) => {
    const body = await text(request);
    operations.push(...[JSON.parse(body)].flat());
    const answer = await fetch(target + request.url, { method: "POST", headers: { ...json, [ROUTER_AUTHORIZATION]: SECRET }, body });
    response.writeHead(answer.status, json).end(await answer.text());
  });
  return { operations, address: await listen(listener), stop: () => listener.close() };
}

export async function listen(listener) {
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return `http://127.0.0.1:${listener.address().port}`;
}
