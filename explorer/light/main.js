/** The page: a query, its result, and what both say. */

import { problems } from '../drawing/index.js';
import { fromFragment, toFragment } from '../drawing/share-link.js';
import { isSubscription, Live } from '../live/live.js';
import { prepareEditor } from './editor.js';
import { byId, element } from './elements.js';
import { problemList } from './problem-list.js';
import { liveText, rowCount, send, statusText } from './send.js';
import { prepareTheme } from './theme.js';
import { Views } from './views.js';

/** @import { JsonObject, Operation, Problem, Remedy } from '../drawing/types.js' */
/** @import { LiveView } from '../live/live.js' */
/** @import { Answer } from './send.js' */

/** @typedef {{ endpoint: string, banner: string | null, credentials: boolean, keyHeader: boolean, examples: { name: string, about: string, query: string }[] }} Config */

const SCHEMA = 'schema.graphql';
const FIRST_EXAMPLE = 'Funding';

/** @type {Config} */
const config = {
  ...{ endpoint: 'graphql', banner: null, credentials: false, keyHeader: false, examples: [] },
  ...JSON.parse(document.getElementById('explorer-config')?.textContent ?? '{}'),
};
const query = byId('query', HTMLTextAreaElement);
const variables = byId('variables', HTMLTextAreaElement);
const variablesPart = byId('variables-part', HTMLDetailsElement);
const example = byId('example', HTMLSelectElement);
const about = byId('about', HTMLElement);
const status = byId('status', HTMLElement);
const counts = byId('counts', HTMLElement);
const problemArea = byId('problems', HTMLElement);
const run = byId('run', HTMLButtonElement);
const dryRun = byId('dry-run', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);
const views = new Views(byId('views', HTMLElement), byId('view', HTMLElement));
/** @type {AbortController | null} */
let pending = null;
/** @type {Live | null} */
let live = null;
let shownProblems = '[]';
/** @type {Promise<string> | null} */
let schema = null;

/**
 * Send what the fields have. A newer request cancels the one before.
 * @param {boolean} isDryRun
 */
async function execute(isDryRun) {
  const operation = readOperation();
  if (!operation) return;
  pending?.abort();
  live?.stop();
  live = null;
  counts.hidden = true;
  if (!isDryRun && isSubscription(operation)) {
    subscribe(operation);
    return;
  }
  const controller = (pending = new AbortController());
  document.body.setAttribute('aria-busy', 'true');
  status.textContent = 'Running…';
  try {
    const answer = await send(config.endpoint, operation, { isDryRun, headers: headers(), signal: controller.signal });
    if (controller.signal.aborted) return;
    await show(answer, operation);
  } catch (error) {
    if (!controller.signal.aborted) status.textContent = `The server cannot be reached: ${String(error)}`;
  } finally {
    if (pending === controller) document.body.removeAttribute('aria-busy');
  }
}

/** @param {Operation} operation */
function subscribe(operation) {
  /** @type {Live} */
  const own = new Live({
    endpoint: config.endpoint,
    operation,
    headers,
    onView: (view) => {
      if (live === own) void showLive(view, operation);
    },
  });
  live = own;
  own.start();
}

/**
 * @param {LiveView} view
 * @param {Operation} operation
 */
async function showLive(view, operation) {
  const { response, event, status: text, isOver } = view;
  if (status.textContent !== text) status.textContent = text; // which assistive technology reads out
  counts.textContent = liveText(view, rowCount(response, operation));
  counts.hidden = view.updates === 0;
  if (isOver && document.activeElement === stop) run.focus();
  stop.hidden = isOver;
  announceSandbox(view.isSandbox);
  showProblems(problems(response, operation));
  views.showLive(response, event ?? {}, operation);
  if (view.updates === 0 && hasAlternatives(response)) showProblems(problems(response, operation, await loadSchema()));
}

/** @returns {Operation | null} null if the variables are not an object, which the page then says */
function readOperation() {
  const text = variables.value.trim();
  try {
    const given = text === '' ? {} : JSON.parse(text);
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new SyntaxError('not an object');
    return { query: query.value, variables: given };
  } catch (error) {
    status.textContent = `The variables are not a JSON object: ${error instanceof Error ? error.message : String(error)}`;
    variablesPart.open = true;
    variables.focus();
    return null;
  }
}

function headers() {
  /** @type {Record<string, string>} */
  const list = {};
  const credentials = byId('credentials', HTMLInputElement).value.trim();
  const key = byId('key', HTMLInputElement).value.trim();
  if (credentials !== '') list['authorization'] = `Bearer ${credentials}`;
  if (key !== '') list['cg-api-key'] = key;
  return list;
}

/**
 * @param {Answer} answer
 * @param {Operation} operation
 */
async function show(answer, operation) {
  const { response } = answer;
  const plan = planText(response);
  status.textContent = plan ?? statusText(answer, rowCount(response, operation));
  announceSandbox(answer.isSandbox);
  showProblems(problems(response, operation));
  views.show(response, operation);
  if (hasAlternatives(response)) showProblems(problems(response, operation, await loadSchema()));
}

/** @param {boolean} isSandbox */
function announceSandbox(isSandbox) {
  if (isSandbox && !config.banner) showBanner('Figures of a sandbox, not a market.');
}

/**
 * State what a dry run reports; null for another response.
 * @param {import('../drawing/types.js').GraphQLResponse} response
 */
function planText(response) {
  const plan = response.extensions?.['plan'];
  if (typeof plan !== 'object' || plan === null || Array.isArray(plan)) return null;
  const more = plan['complete'] === false ? ' at least' : '';
  const refused = Array.isArray(plan['refused']) ? plan['refused'].length : 0;
  return `Dry run: would send${more} ${Number(plan['callsToFetch'])} requests to CoinGlass, and ${refused} parts would be refused by the plan. Nothing was sent.`;
}

/** @param {Problem[]} list */
function showProblems(list) {
  const text = JSON.stringify(list);
  if (text === shownProblems) return; // so that a button keeps the focus
  shownProblems = text;
  problemArea.replaceChildren(...problemList(list, apply));
}

/** Say whether a problem names other fields, for which the schema says how to select them. @param {unknown} response */
function hasAlternatives(response) {
  return /"alternatives":\["/.test(JSON.stringify(response));
}

/** Load the schema once; empty if the server does not show it. */
async function loadSchema() {
  schema ??= fetch(SCHEMA, { headers: headers() }).then((answer) => (answer.ok ? answer.text() : ''), () => '');
  return schema;
}

/** @param {Remedy} remedy */
function apply(remedy) {
  fill(remedy.query, remedy.variables);
  void execute(false);
}

/**
 * @param {string} text
 * @param {JsonObject | string} given
 */
function fill(text, given) {
  query.value = text;
  variables.value = typeof given === 'string' ? given : Object.keys(given).length > 0 ? JSON.stringify(given, null, 2) : '';
  variablesPart.open = variables.value !== '';
}

/** @param {string} text */
function showBanner(text) {
  const banner = byId('banner', HTMLElement);
  banner.textContent = text;
  banner.hidden = false;
}

function chooseExample() {
  const chosen = config.examples[Number(example.value)];
  if (!chosen) return;
  about.textContent = chosen.about;
  fill(chosen.query, '');
}

async function share() {
  history.replaceState(null, '', toFragment({ query: query.value, variables: variables.value }));
  try {
    await navigator.clipboard.writeText(location.href);
    status.textContent = 'The link is copied, and in the address of this page.';
  } catch {
    status.textContent = 'The link is in the address of this page.';
  }
}

/** Take over the operation of the link, if there is one. */
function openLink() {
  const shared = fromFragment(location.hash);
  if (!shared) return false;
  about.textContent = '';
  example.value = '';
  fill(shared.query, shared.variables);
  return true;
}

function start() {
  if (config.banner) showBanner(config.banner);
  example.append(element('option', { value: '', hidden: true }, ['From a link']), ...config.examples.map(({ name }, index) => element('option', { value: String(index) }, [name])));
  example.value = String(Math.max(0, config.examples.findIndex(({ name }) => name === FIRST_EXAMPLE)));
  byId('access', HTMLElement).hidden = !config.credentials && !config.keyHeader;
  byId('credentials-part', HTMLElement).hidden = !config.credentials;
  byId('key-part', HTMLElement).hidden = !config.keyHeader;
  prepareTheme(byId('colours', HTMLSelectElement), () => views.redraw());
  prepareEditor(query, () => void execute(false));
  prepareEditor(variables, () => void execute(false));
  run.addEventListener('click', () => void execute(false));
  dryRun.addEventListener('click', () => void execute(true));
  stop.addEventListener('click', () => live?.stop());
  byId('share', HTMLButtonElement).addEventListener('click', () => void share());
  example.addEventListener('change', chooseExample);
  addEventListener('hashchange', openLink);
  if (!openLink()) chooseExample();
}

start();
