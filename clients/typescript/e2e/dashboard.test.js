// The example dashboard in headless Chromium, in front of the real server with the sandbox behind it.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { CHROMIUM, openTab } from "./chromium.js";
import { publish, stopModel } from "../../../interop/clients/live/sandbox.js";
import { startServer, startSite } from "./servers.js";

const PANELS = 12;
const RATES = "/api/futures/funding-rate/exchange-list";
const PRICE = "/api/futures/price/history";
const REFRESH_SECONDS = { [RATES]: 20, [PRICE]: 5 }; // the others have a minute or more
const DRAWN = "document.querySelectorAll('[data-state=drawn]').length";
const options = { skip: !CHROMIUM && "no Chromium on this machine: apt-get install chromium" };

let server, site, tab, startedAt, callsBefore;

before(async () => {
  if (!CHROMIUM) return;
  server = await startServer();
  await stopModel(server.sandbox);
  site = await startSite(server);
  tab = await openTab();
});
after(async () => {
  await tab?.close();
  site?.stop();
  await server?.stop();
});

const total = (calls) => Object.values(calls).reduce((sum, count) => sum + count, 0);

/** The paths that were called between two counts, with how often. */
function callsBetween(first, second) {
  const more = Object.entries(second).map(([path, count]) => [path, count - (first[path] ?? 0)]);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

/** Save what the page looks like, for people to look at. */
async function picture(name) {
  const folder = process.env.COINGLASS_SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await tab.run("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");
  await writeFile(`${folder}/${name}.png`, await tab.screenshot());
}

/** True if each chart has more coloured pixels than an empty one. */
const COLOURED = `[...document.querySelectorAll('.chart')].every((chart) =>
  [...chart.querySelectorAll('canvas')].some((canvas) => {
    if (canvas.width === 0 || canvas.height === 0) return false;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue, alpha] = data.subarray(at, at + 4);
      if (alpha > 100 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) coloured++;
    }
    return coloured > 150;
  }))`;

test("the first round draws twelve panels with three operations and fewer than ten calls to CoinGlass", options, async () => {
  callsBefore = await server.calls(); // of the server's start
  startedAt = Date.now();
  await tab.open(site.address);
  await tab.until(`${DRAWN} === ${PANELS}`);
  assert.deepEqual(site.operations.slice(0, 3).sort(), ["DashboardDaily", "DashboardNow", "DashboardSeries"]);
  const calls = callsBetween(callsBefore, site.callsOfFirstRound);
  assert.ok(total(calls) < 10, `calls: ${JSON.stringify(calls)}`);
  await tab.until(COLOURED);
  assert.equal(await tab.run("document.querySelectorAll('.chart').length"), 6);
  assert.equal(await tab.run("[...document.querySelectorAll('[data-points]')].every((element) => +element.dataset.points > 0)"), true);
});

test("the newest liquidation is shown when CoinGlass sends it", options, async () => {
  await tab.until("document.querySelector('.live[data-connection=open]')");
  const order = { baseAsset: "BTC", exName: "Binance", symbol: "BTCUSDT", side: 1, price: 60_000, volUsd: 12_345, time: Date.now() };
  await publish(server.sandbox, "liquidationOrders", [order]);
  await tab.until(`document.querySelector('.live').textContent === "Long of $12.3K liquidated at 60,000, Binance"`);
});

test("later rounds ask CoinGlass only for what has expired", options, async () => {
  const expiring = `document.querySelector('[data-panel=funding-by-exchange] small').textContent`;
  const shown = await tab.run(expiring);
  await tab.until(`${expiring} !== ${JSON.stringify(shown)} && !${expiring}.includes('stale')`);
  const seconds = (Date.now() - startedAt) / 1000;
  const again = callsBetween(site.callsOfFirstRound, await server.calls());
  assert.ok(again[RATES] >= 1);
  for (const [path, count] of Object.entries(again))
    assert.ok(count <= Math.ceil(seconds / (REFRESH_SECONDS[path] ?? 60)), `${count} calls of ${path} in ${seconds} seconds`);
  if (seconds < 55) assert.deepEqual(Object.keys(again).sort(), [RATES, PRICE].sort());
});

test("after navigation every panel is read from the cache, also without a server", options, async () => {
  site.isOnline = false;
  const ids = await tab.run("[...document.querySelectorAll('[data-panel]')].map((panel) => panel.dataset.panel)");
  for (const id of ids) {
    await tab.run(`location.hash = '#/panel/${id}'`);
    await tab.until(`document.querySelector('main.single [data-panel="${id}"][data-state=drawn]')`);
    await tab.run("location.hash = '#/'");
    await tab.until(`document.querySelector('main.grid') && ${DRAWN} === ${PANELS}`);
  }
});

test("a round that fails takes no figures away", options, async () => {
  const refused = site.refused;
  while (site.refused === refused) await tab.run("new Promise(requestAnimationFrame)");
  await tab.until("document.querySelector('.failure')");
  assert.equal(await tab.run(DRAWN), PANELS);
});

test("a page that cannot reach the server says so, and draws when it can", options, async () => {
  await tab.open(`${site.address}/?offline`);
  await tab.until("document.querySelector('.failure') && document.querySelectorAll('[data-state=failed]').length === 12");
  site.isOnline = true;
  await tab.until(`${DRAWN} === ${PANELS} && !document.querySelector('.failure')`);
  tab.complaints = tab.complaints.filter((text) => !text.includes("503"));
});

test("nothing overflows at any width", options, async () => {
  for (const [width, height, scheme] of [[1440, 900, "light"], [360, 740, "light"], [1440, 900, "dark"], [360, 740, "dark"]]) {
    await tab.resize(width, height);
    await tab.prefer(scheme);
    await tab.until(COLOURED);
    await picture(`dashboard-${width}-${scheme}`);
    const wide = `[...document.querySelectorAll('main, header, .panel, .panel table')].filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => element.className)`;
    assert.deepEqual(await tab.run(wide), [], `at ${width} pixels`);
    assert.equal(await tab.run("document.documentElement.scrollWidth <= innerWidth"), true);
    const tall = `[...document.querySelectorAll('.rows')].filter((table) => table.getBoundingClientRect().bottom > table.closest('.panel').getBoundingClientRect().bottom - 20).length`;
    assert.equal(await tab.run(tall), 0, `lists that are taller than their panels at ${width} pixels`);
  }
});

test("another coin draws all panels", options, async () => {
  await tab.run("document.querySelectorAll('.coins button')[1].click()");
  await tab.until(`document.querySelector('[data-panel=price] h2').textContent === 'ETH price' && ${DRAWN} === ${PANELS}`);
  await tab.run("location.hash = '#/panel/price'");
  await tab.until("document.querySelector('main.single [data-state=drawn]')");
});

test("the page complains of nothing and asks nobody else", options, () => {
  assert.deepEqual(tab.complaints, []);
  assert.deepEqual(tab.requested.filter((address) => !address.startsWith(site.address) && !address.startsWith("data:")), []);
});
