// The sandbox, the real server in front of it, and the site of the dashboard, each on a free port of this machine.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { buffer } from "node:stream/consumers";
import { createInterface } from "node:readline";

const ROOT = new URL("../../../", import.meta.url).pathname;
const PYTHON = `${ROOT}.venv/bin/python`;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** Operations of one round of the dashboard. */
const OPERATIONS = 3;

/** Start a program, and wait for the line of it that names its address. */
async function start(parameters, pattern, env = {}) {
  const program = spawn(PYTHON, parameters, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const lines = [];
  const address = await new Promise((resolve, reject) => {
    for (const stream of [program.stdout, program.stderr])
      createInterface(stream).on("line", (line) => {
        lines.push(line);
        const found = pattern.exec(line);
        if (found) resolve(found[1]);
      });
    program.on("exit", (code) => reject(new Error(`${parameters.join(" ")} ended with ${code}: ${lines.join("\n")}`)));
  });
  const stop = async () => {
    program.kill("SIGTERM");
    if (program.exitCode === null) await once(program, "exit");
  };
  return { address, stop };
}

/** Wait for what the server requests at its start: the plan, and the lists of coins and pairs. */
async function warm(address) {
  const query = '{ coinglassAccount { __typename } coin(symbol: "BTC") { symbol } pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }';
  await fetch(`${address}/graphql`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query }) });
}

/** A sandbox, whose calls are counted, and a server that takes it for CoinGlass. */
export async function startServer() {
  const sandbox = await start(["-m", "sandbox", "--port", "0"], /^(http:\/\/\S+)/);
  const socket = `${sandbox.address.replace("http", "ws")}/ws-api`;
  const env = { COINGLASS_API_KEY: "sandbox", COINGLASS_BASE_URL: sandbox.address, COINGLASS_WEBSOCKET_URL: socket, COINGLASS_PORT: "0" };
  const server = await start(["-m", "server.cli", "serve"], /serves .* at (http:\/\/[^\s/]+)/, env).catch(async (error) => {
    await sandbox.stop();
    throw error;
  });
  await warm(server.address);
  const calls = async () => (await (await fetch(`${sandbox.address}/_sandbox/calls`)).json()).paths;
  const stop = async () => {
    await server.stop();
    await sandbox.stop();
  };
  return { address: server.address, sandbox: sandbox.address, calls, stop };
}

/** Serve the built dashboard, with the server at `/graphql`, and collect the operations; `isOnline` false refuses them. */
export async function startSite({ address, calls }) {
  const site = { operations: [], isOnline: true, refused: 0, callsOfFirstRound: null };
  let answered = 0;
  const forward = async (request, response) => {
    const body = await buffer(request);
    site.operations.push(JSON.parse(body).operationName);
    if (!site.isOnline) {
      site.refused += 1;
      return response.writeHead(503).end();
    }
    const answer = await fetch(`${address}/graphql`, { method: "POST", headers: { "content-type": "application/json" }, body });
    const content = Buffer.from(await answer.arrayBuffer());
    answered += 1;
    if (answered === OPERATIONS) site.callsOfFirstRound = await calls();
    return response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") }).end(content);
  };
  const forwardStream = async (request, response) => {
    const { accept } = request.headers;
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const answer = await fetch(`${address}/graphql`, { method: "POST", headers: { accept, "content-type": "application/json" }, body: await buffer(request), signal: gone.signal });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") });
    for await (const piece of answer.body) response.write(piece);
    response.end();
  };
  const serve = async ({ url }, response) => {
    const { pathname } = new URL(url, "http://site");
    const path = pathname === "/" ? "/index.html" : pathname;
    const content = await readFile(new URL(`../build/dashboard${path}`, import.meta.url)).catch(() => null);
    if (content === null) return response.writeHead(404).end();
    return response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(content);
  };
  const listener = createServer((request, response) => {
    const isStream = request.headers.accept === "text/event-stream";
    (request.url !== "/graphql" ? serve : isStream ? forwardStream : forward)(request, response).catch(() => response.destroy());
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const stop = () => {
    listener.closeAllConnections();
    listener.close();
  };
  return Object.assign(site, { address: `http://127.0.0.1:${listener.address().port}`, stop });
}
