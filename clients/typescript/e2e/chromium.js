// Headless Chromium by its DevTools protocol, without a way off this machine.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

const LIMIT = 60_000;
const OPTIONS = [
  "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
  "--disable-component-update", "--no-first-run", "--no-proxy-server", "--remote-debugging-port=0", "--hide-scrollbars",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

export const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"].find((name) => spawnSync("which", [name]).status === 0);

/** Start a browser with one tab. */
export async function openTab({ width = 1440, height = 900 } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "chromium-"));
  const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : []; // which root cannot use; the pages are ours
  const browser = spawn(CHROMIUM, [...OPTIONS, ...sandbox, `--user-data-dir=${profile}`], { stdio: ["ignore", "ignore", "pipe"] });
  const address = await new Promise((resolve, reject) => {
    createInterface(browser.stderr).on("line", (line) => {
      const found = /ws:\/\/\S+/.exec(line);
      if (found) resolve(found[0]);
    });
    browser.on("exit", () => reject(new Error("Chromium did not start")));
  });
  const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: 0 });
  await once(socket, "open");
  const connection = connect(socket);
  const { targetId } = await connection.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await connection.send("Target.attachToTarget", { targetId, flatten: true });
  const tab = new Tab(connection, sessionId);
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await tab.send(`${domain}.enable`);
  await tab.resize(width, height);
  tab.close = async () => {
    socket.close();
    browser.kill("SIGTERM");
    if (browser.exitCode === null) await once(browser, "exit");
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return tab;
}

function connect(socket) {
  const waiting = new Map();
  const listeners = [];
  let count = 0;
  socket.on("message", (data) => {
    const { id, result, error, method, params } = JSON.parse(data);
    if (id === undefined) return listeners.forEach((listener) => listener(method, params));
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    return error ? reject(new Error(error.message)) : resolve(result);
  });
  const send = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      waiting.set(++count, { resolve, reject });
      socket.send(JSON.stringify({ id: count, method, params, sessionId }));
    });
  return { send, listen: (listener) => listeners.push(listener) };
}

class Tab {
  /** What the page wrote to the console as a warning or error, and what it threw. */
  complaints = [];
  /** The addresses that it requested. */
  requested = [];

  constructor(connection, session) {
    this.connection = connection;
    this.session = session;
    connection.listen((method, params) => this.notice(method, params));
  }

  notice(method, params) {
    if (method === "Network.requestWillBeSent") this.requested.push(params.request.url);
    if (method === "Runtime.exceptionThrown") this.complaints.push(JSON.stringify(params.exceptionDetails));
    if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(params.type)) this.complaints.push(JSON.stringify(params.args));
    if (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level)) this.complaints.push(params.entry.text);
  }

  send(method, params) {
    return this.connection.send(method, params, this.session);
  }

  resize(width, height) {
    return this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  }

  prefer(scheme) {
    return this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  }

  async run(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Wait until an expression is true in the page. */
  async until(condition) {
    const text = JSON.stringify(condition);
    await this.run(`new Promise((resolve, reject) => {
      const started = performance.now();
      const look = () => {
        if (${condition}) resolve();
        else if (performance.now() - started > ${LIMIT}) reject(new Error("not within the limit: " + ${text} + "\\n" + document.body.innerText));
        else setTimeout(look, 50);
      };
      look();
    })`);
  }

  async open(address) {
    await this.send("Page.navigate", { url: address });
    await this.until("document.readyState === 'complete'");
  }

  async screenshot() {
    const { data } = await this.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
    return Buffer.from(data, "base64");
  }
}
