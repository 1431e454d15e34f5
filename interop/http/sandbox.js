// Runs a server in the sandbox while a function uses it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const COMMAND = new URL('../../.venv/bin/coinglass-graphql', import.meta.url).pathname;
const START_SECONDS = 60;

async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  listener.close();
  await once(listener, 'close');
  return port;
}

async function waitUntilReady(address, server) {
  for (let attempt = 0; attempt < START_SECONDS * 10; attempt += 1) {
    if (server.exitCode !== null) break;
    const response = await fetch(`${address}/readyz`).catch(() => null);
    if (response?.ok) return;
    await wait(100);
  }
  throw new Error(`the server is not ready (exit code ${server.exitCode})`);
}

export async function withSandbox(use) {
  const port = await freePort();
  const options = ['serve', '--sandbox', '--host', '127.0.0.1', '--port', `${port}`];
  const server = spawn(COMMAND, options, { stdio: ['ignore', 'ignore', 'ignore'] });
  try {
    const address = `http://127.0.0.1:${port}`;
    await waitUntilReady(address, server);
    await use(`${address}/graphql`);
  } finally {
    server.kill();
  }
}
