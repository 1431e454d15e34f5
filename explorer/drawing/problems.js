/** What of a response is missing, late, shortened or odd, in the order of the response. */

import { fieldsOf, readRequest } from './document.js';
import { formatSpan, formatTime } from './format.js';
import { isObject, isProblem } from './frames.js';
import { capitalised, words } from './names.js';
import { remediesOf } from './remedies.js';
import { parseSchema } from './sdl.js';
import { parseTime } from './time.js';
import { pathTitle } from './titles.js';

/** @import { GraphQLFault, GraphQLResponse, Json, JsonObject, Path, Problem, ProblemKind, Request } from './types.js' */
/** @import { ReadRequest } from './document.js' */
/** @import { Schema } from './sdl.js' */

const GATES = new Set(['PLAN_REQUIRED', 'INTERVAL_TOO_FINE', 'HISTORY_TOO_DEEP']);
/** @type {Record<string, string>} */
const TITLES = {
  PLAN_REQUIRED: 'Not included in the plan',
  INTERVAL_TOO_FINE: 'The interval is too fine for the plan',
  HISTORY_TOO_DEEP: 'The window starts before the history of the plan',
  RATE_LIMITED: 'CoinGlass limits the rate of requests',
  QUOTA_EXHAUSTED: 'The requests of this minute are used up',
  TIMEOUT: 'CoinGlass did not answer in time',
  UPSTREAM_ERROR: 'CoinGlass failed',
  CIRCUIT_OPEN: 'CoinGlass keeps failing here',
  UNAUTHORIZED: 'CoinGlass does not accept the key',
  NOT_FOUND: 'CoinGlass does not have this',
  NO_DATA: 'CoinGlass has no data for this',
  BAD_PAYLOAD: 'The answer of CoinGlass cannot be read',
  BAD_USER_INPUT: 'The input is not valid',
  GRAPHQL_PARSE_FAILED: 'The document is not valid GraphQL',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema',
  QUERY_TOO_COMPLEX: 'The operation exceeds a limit',
  CLIENT_RATE_LIMITED: 'The budget of the caller is used up',
  UNAUTHENTICATED: 'Credentials are missing or not valid',
  INTERNAL_SERVER_ERROR: 'The server failed',
};
/** @type {Record<string, string>} */
const TRUNCATIONS = {
  PLAN_HISTORY: 'The plan does not include earlier points of the window',
  RETENTION: 'CoinGlass does not keep earlier points of the window',
  INCOMPLETE: 'CoinGlass did not serve all points of the window',
};
const DETAILS = ['requiredPlan', 'currentPlan', 'minInterval', 'availableFrom', 'retryAfter', 'argument', 'suggestions', 'alternatives', 'endpoint', 'requestId'];
const PLAN_IN_MESSAGE = /\bneeds the (\w+) plan\b/;
const MAX_ITEMS = 500;

/**
 * Return the problems of a response.
 * @param {GraphQLResponse | null | undefined} response
 * @param {Request} [request] remedies need it
 * @param {string} [sdl] the schema, with which a remedy may select another field
 * @returns {Problem[]}
 */
export function problems(response, request, sdl) {
  const context = { request: readRequest(request), schema: () => (sdl ? schemaOf(sdl) : null) };
  /** @type {Problem[]} */
  const list = [];
  for (const fault of response?.errors ?? []) list.push(fromFault(fault, context));
  if (response?.data !== undefined) walk(response.data, [], context, list);
  return list;
}

/** @typedef {{ request: ReadRequest | null, schema: () => Schema | null }} Context */

/** @type {{ sdl: string, schema: Schema | null } | null} */
let latest = null; // a page has one schema, which takes longer to read than the rest together

/** @param {string} sdl */
function schemaOf(sdl) {
  if (latest?.sdl !== sdl) latest = { sdl, schema: parseSchema(sdl) };
  return latest.schema;
}

/**
 * @param {GraphQLFault} fault
 * @param {Context} context
 * @returns {Problem}
 */
function fromFault(fault, context) {
  const facts = fault.extensions ?? {};
  const code = typeof facts['code'] === 'string' ? facts['code'] : 'ERROR';
  return problem('error', code, fault.message, fault.path ?? [], facts, context);
}

/**
 * @param {Json} value
 * @param {Path} path
 * @param {Context} context
 * @param {Problem[]} list
 */
function walk(value, path, context, list) {
  if (Array.isArray(value)) {
    value.slice(0, MAX_ITEMS).forEach((item, index) => isObject(item) && walk(item, [...path, index], context, list));
    return;
  }
  if (!isObject(value)) return;
  if (isProblem(value)) {
    const code = String(value['code'] ?? 'UNAVAILABLE');
    list.push(problem(kindOf(code), code, String(value['message'] ?? ''), path, value, context));
    return;
  }
  list.push(...notes(value, path, context));
  for (const [name, inner] of Object.entries(value)) walk(inner, [...path, name], context, list);
}

/**
 * @param {string} code
 * @returns {ProblemKind}
 */
function kindOf(code) {
  if (GATES.has(code)) return 'gate';
  return code === 'BAD_USER_INPUT' ? 'input' : 'failure';
}

/**
 * @param {ProblemKind} kind
 * @param {string} code
 * @param {string} message
 * @param {Path} path
 * @param {JsonObject} facts
 * @param {Context} context
 * @returns {Problem}
 */
function problem(kind, code, message, path, facts, context) {
  const plan = facts['requiredPlan'] ?? PLAN_IN_MESSAGE.exec(message)?.[1]; // which the query may not have selected
  const title = code === 'PLAN_REQUIRED' && typeof plan === 'string' ? `Needs the ${planText(plan)} plan` : TITLES[code];
  const field = fieldsOf(context.request, path).at(-1) ?? null;
  return {
    kind,
    code,
    title: title ?? capitalised(words(code.toLowerCase())),
    message,
    path,
    field: pathTitle(path, [], context.request),
    details: DETAILS.flatMap((name) => detail(name, facts[name])),
    remedies: context.request ? remediesOf(code, facts, field, path, context.request, context.schema) : [],
  };
}

/**
 * @param {string} name
 * @param {Json | undefined} value
 */
function detail(name, value) {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [];
  const title = capitalised(words(name));
  if (Array.isArray(value)) return [{ name: title, value: value.map(String).join(', ') }];
  if (name.endsWith('Plan')) return [{ name: title, value: planText(String(value)) }];
  if (name === 'retryAfter') return [{ name: title, value: formatSpan(Number(value) * 1000) }];
  const time = name === 'availableFrom' ? parseTime(value) : null;
  return [{ name: title, value: time === null ? String(value) : formatTime(time, true) }];
}

/** @param {string} plan */
function planText(plan) {
  return capitalised(plan.toLowerCase());
}

/**
 * Return notes on data that is there.
 * @param {JsonObject} payload
 * @param {Path} path
 * @param {Context} context
 */
function notes(payload, path, context) {
  const note = (/** @type {ProblemKind} */ kind, /** @type {string} */ code, /** @type {string} */ title, /** @type {string} */ message) => ({
    ...problem(kind, code, message, path, {}, context),
    title,
    remedies: [],
  });
  /** @type {Problem[]} */
  const list = [];
  const { source, truncated, requestedInterval: requested, interval } = payload;
  if (isObject(source)) list.push(...sourceNotes(source, note));
  if (typeof truncated === 'string') list.push(note('partial', truncated, 'Part of the window', TRUNCATIONS[truncated] ?? truncated));
  if (typeof requested === 'string' && typeof interval === 'string' && requested !== interval) {
    list.push(note('partial', 'COARSENED', 'Coarser interval', `Requested ${words(requested)}, served ${words(interval)}`));
  }
  if (payload['capped'] === true) list.push(note('partial', 'CAPPED', 'Part of the list', 'CoinGlass has more rows than it serves'));
  return list;
}

/**
 * @param {JsonObject} source
 * @param {(kind: ProblemKind, code: string, title: string, message: string) => Problem} note
 */
function sourceNotes(source, note) {
  /** @type {Problem[]} */
  const list = [];
  const fetched = parseTime(source['fetchedAt']);
  if (source['freshness'] === 'STALE') {
    const age = fetched === null ? '' : `, fetched ${formatSpan(Date.now() - fetched)} ago (${formatTime(fetched)} UTC)`;
    list.push(note('stale', 'STALE', 'Older figures', `An earlier answer${age}, until CoinGlass gives a newer one: run again for it`));
  }
  const anomalies = Array.isArray(source['anomalies']) ? source['anomalies'].filter(isObject) : [];
  for (const { kind, field, count, sample } of anomalies) {
    const times = typeof count === 'number' ? `, ${count} times` : '';
    const shown = sample === null || sample === undefined ? '' : `, such as ${String(sample)}`;
    list.push(note('anomaly', String(kind), `Odd answer of CoinGlass: ${words(String(kind))}`, `${String(field ?? '')}${times}${shown}`));
  }
  return list;
}
