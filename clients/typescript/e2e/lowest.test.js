// The lowest versions of the peers that package.json allows: the packed package passes its unit tests with them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = new URL("..", import.meta.url).pathname;
const REPOSITORY = new URL("../../../", import.meta.url).pathname;

let top, folder, lowest;

before(async () => {
  top = await mkdtemp(join(tmpdir(), "lowest-"));
  folder = join(top, "clients/typescript"); // the tests read the schema and the examples beside it
  await mkdir(folder, { recursive: true });
  for (const name of ["schema", "examples"]) await symlink(join(REPOSITORY, name), join(top, name));
  for (const name of ["test", "dist"]) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  const { peerDependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  lowest = Object.entries(peerDependencies).map(([name, range]) => [name, /\d+\.\d+\.\d+/.exec(range)[0]]);
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT });
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  const options = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const peers = lowest.map(([name, version]) => `${name}@${version}`);
  await run("npm", ["install", ...options, join(folder, JSON.parse(stdout)[0].filename), ...peers, "rxjs@7"], { cwd: folder });
});
after(() => rm(top, { recursive: true, force: true }));

test("the lowest versions of the peers are installed", async () => {
  for (const [name, version] of lowest) {
    const installed = JSON.parse(await readFile(join(folder, "node_modules", name, "package.json"), "utf8"));
    assert.equal(installed.version, version, name);
  }
});

test("the unit tests pass, and every entry can be imported", async () => {
  const tests = (await readdir(join(folder, "test"))).filter((name) => name.endsWith(".test.js"));
  const { exports } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const entries = Object.keys(exports).filter((name) => exports[name].default);
  assert.equal(entries.length, 4);
  for (const entry of entries) {
    const program = `await import("coinglass-graphql-client${entry.slice(1)}")`;
    await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder });
  }
  const parameters = ["--conditions=development", "--test", ...tests.map((name) => join("test", name))];
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined }; // which would make the tests report to this process
  await run(process.execPath, parameters, { cwd: folder, env }).catch(({ stdout }) => assert.fail(stdout));
});
