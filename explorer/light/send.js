/** Sends operations to the server and reads what it says about their cost. */

import { formatClock, tables } from '../drawing/index.js';

/** @import { GraphQLResponse, Operation } from '../drawing/types.js' */
/** @import { LiveView } from '../live/live.js' */

/**
 * What came back for an operation.
 * @typedef {object} Answer
 * @property {GraphQLResponse} response
 * @property {number} status
 * @property {number} milliseconds
 * @property {string | null} upstreamCalls
 * @property {string | null} quotaRemaining
 * @property {string | null} age seconds for which the response was cached
 * @property {boolean} isSandbox
 */

const ACCEPT = 'application/graphql-response+json, application/json;q=0.9';

/**
 * @param {string} endpoint
 * @param {Operation} operation
 * @param {{ isDryRun: boolean, headers: Record<string, string>, signal: AbortSignal }} options
 * @returns {Promise<Answer>}
 */
export async function send(endpoint, operation, { isDryRun, headers, signal }) {
  const started = performance.now();
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: ACCEPT, ...headers, ...(isDryRun ? { 'x-dry-run': '1' } : {}) },
    body: JSON.stringify(operation),
    signal,
  });
  const text = await answer.text();
  return {
    response: parsed(text, answer.status),
    status: answer.status,
    milliseconds: performance.now() - started,
    upstreamCalls: answer.headers.get('x-upstream-calls'),
    quotaRemaining: answer.headers.get('x-quota-remaining'),
    age: answer.headers.get('age'),
    isSandbox: answer.headers.has('x-coinglass-source'),
  };
}

/**
 * @param {string} text
 * @param {number} status
 * @returns {GraphQLResponse}
 */
function parsed(text, status) {
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `The server answered with status ${status} and no JSON: ${text.slice(0, 200)}` }] };
  }
}

/**
 * State the cost of an answer in one line.
 * @param {Answer} answer
 * @param {number} rows
 */
export function statusText({ status, milliseconds, upstreamCalls, quotaRemaining, age }, rows) {
  const parts = [`Status ${status}`, `${Math.round(milliseconds)} ms`, counted(rows, 'row')];
  if (upstreamCalls !== null) parts.push(counted(Number(upstreamCalls), 'upstream call'));
  if (quotaRemaining !== null) parts.push(`${Number(quotaRemaining).toLocaleString('en')} of the quota left`);
  if (age !== null) parts.push(`cached ${age} s ago`);
  return parts.join(' · ');
}

/**
 * State how much a subscription has brought.
 * @param {LiveView} view
 * @param {number} rows
 */
export function liveText({ updates, updatedAt }, rows) {
  const time = updatedAt === null ? [] : [`last at ${formatClock(updatedAt)} UTC`];
  return [counted(updates, 'update'), counted(rows, 'row'), ...time].join(' · ');
}

/**
 * Count the rows of all lists.
 * @param {GraphQLResponse} response
 * @param {Operation} operation
 */
export function rowCount(response, operation) {
  const lists = tables(response, operation).filter(({ path }) => path.length > 0);
  return lists.reduce((sum, table) => sum + table.rows.length, 0);
}

/**
 * @param {number} count
 * @param {string} noun
 */
function counted(count, noun) {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
