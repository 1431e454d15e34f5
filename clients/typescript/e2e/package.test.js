// The packed package, installed in an empty folder as its users install it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { startServer } from "./servers.js";

const run = promisify(execFile);
const ROOT = new URL("..", import.meta.url).pathname;
const PEERS = ["@apollo/client", "@urql/core", "@urql/exchange-graphcache", "react", "rxjs", "wonka"];
const GRAPHQL = "graphql@17.1.0"; // newer than what the tools of this folder take

let folder, server;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "package-"));
  const { packages } = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
  const peers = PEERS.map((name) => `${name}@${packages[`node_modules/${name}`].version}`);
  const compiler = ["typescript", "@types/react"].map((name) => `${name}@${packages[`node_modules/${name}`].version}`);
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT });
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  const options = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", ...options, join(folder, JSON.parse(stdout)[0].filename), ...peers, GRAPHQL, ...compiler], { cwd: folder });
  server = await startServer();
});
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const node = (...parameters) => run(process.execPath, parameters, { cwd: folder, env: { ...process.env, COINGLASS_URL: server.address } });

test("the first example of the README prints three funding rates", async () => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  await writeFile(join(folder, "funding.mjs"), /^```js\n(.*?)^```/ms.exec(readme)[1]);
  const { stdout, stderr } = await node("funding.mjs");
  assert.match(stdout, /^(\d{4}-\d\d-\d\dT\d\d:00:00Z -?[\d.]+ %\n){3}$/);
  assert.equal(stderr, "");
});

test("the first example of the README names what is wrong with a coin or a field", async () => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const program = /^```js\n(.*?)^```/ms.exec(readme)[1];
  for (const [old, wrong, message] of [["BTC", "BTCC", /lists no coin 'BTCC'/], ["time close", "time closed", /Cannot query field 'closed'/]]) {
    await writeFile(join(folder, "wrong.mjs"), program.replace(old, wrong));
    await assert.rejects(node("wrong.mjs"), ({ stderr }) => message.test(stderr));
  }
});

test("the example of a subscription prints what the price is, and goes on", async () => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const program = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, text]) => text).find((text) => text.includes("subscribe("));
  await writeFile(join(folder, "live.mjs"), program);
  const running = spawn(process.execPath, ["live.mjs"], { cwd: folder, env: { ...process.env, COINGLASS_URL: server.address } });
  try {
    const errors = text(running.stderr);
    const [line] = await Promise.race([once(createInterface(running.stdout), "line"), errors.then(assert.fail)]);
    assert.match(line, /^60 candles, the last one closes at [\d.]+$/);
    assert.equal(running.exitCode, null);
  } finally {
    running.kill();
  }
});

test("every entry is there, with types that compile", async () => {
  const entries = ["", "/apollo", "/react", "/urql"].map((entry) => `coinglass-graphql-client${entry}`);
  const { stdout } = await node("--input-type=module", "--eval", `
    const found = await Promise.all(${JSON.stringify(entries)}.map((entry) => import(entry)));
    console.log(found.map((module) => Object.keys(module).length > 0).join());`);
  assert.equal(stdout, "true,true,true,true\n");
  const imports = [...entries, "coinglass-graphql-client/schema"].map((entry, index) => `import * as part${index} from "${entry}";`);
  const program = [...imports, "export const all = [part0, part1, part2, part3];", "export const plan: part4.Plan = 'HOBBYIST';"];
  await writeFile(join(folder, "all.ts"), program.join("\n"));
  const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--skipLibCheck", "--lib", "es2022,dom"];
  await node("node_modules/typescript/bin/tsc", ...options, "all.ts").catch(({ stdout: faults }) => assert.fail(faults));
});

test("the package has the build, the README, the licence and nothing else", async () => {
  const { stdout } = await run("npm", ["pack", "--json", "--dry-run", "--ignore-scripts"], { cwd: ROOT });
  const paths = JSON.parse(stdout)[0].files.map(({ path }) => path);
  assert.deepEqual(paths.filter((path) => !path.startsWith("dist/")).sort(), ["LICENSE", "README.md", "package.json"]);
  assert.ok(paths.includes("dist/index.d.ts"));
});
