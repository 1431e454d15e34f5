/** What became of a subscription, in words. */

import { formatSpan, formatTime } from '../drawing/format.js';

/** @import { JsonObject } from '../drawing/types.js' */
/** @import { ConnectionState } from './connection.js' */

/**
 * What the connection and the events of the stream have said last.
 * @typedef {object} StreamFacts
 * @property {ConnectionState} connection
 * @property {boolean} isAgain whether the connection was lost before
 * @property {JsonObject | null} mode the last status with CONNECTED or POLLED
 * @property {boolean} hasFigures whether an update has come
 * @property {JsonObject | null} gap the last status with RESUMED or LAGGING
 * @property {JsonObject | null} problem until the stream goes on
 * @property {string[]} advice what to select, for what is missing otherwise
 */

const GATES = new Set(['PLAN_REQUIRED', 'INTERVAL_TOO_FINE', 'HISTORY_TOO_DEEP']);

/**
 * @param {StreamFacts} facts
 * @returns {string}
 */
export function statusText(facts) {
  const { problem, gap, advice } = facts;
  return [connectionText(facts), ...(problem ? [problemText(problem)] : []), ...(gap ? [gapText(gap)] : []), ...advice].join(' · ');
}

/** @param {StreamFacts} facts */
function connectionText({ connection, isAgain, mode, hasFigures, problem }) {
  switch (connection.kind) {
    case 'connecting':
      return isAgain ? 'Connecting again' : 'Connecting';
    case 'lost':
      return `Connection lost (${connection.reason}), next attempt in ${connection.seconds} s`;
    case 'stopped':
      return 'Stopped';
    case 'complete':
      return 'Ended by the server';
    case 'refused':
      return 'Refused by the server';
    case 'open':
      return mode || hasFigures || problem ? modeText(mode) : 'Connected, waiting for the first event';
  }
}

/** @param {JsonObject | null} mode */
function modeText(mode) {
  if (mode?.['state'] !== 'POLLED') return 'Connected';
  const seconds = mode['periodSeconds'];
  return typeof seconds === 'number' ? `Polled every ${seconds} s` : 'Polled';
}

/** @param {JsonObject} problem */
function problemText(problem) {
  const message = String(problem['message'] ?? problem['code'] ?? '');
  return `${problemName(problem)}${message === '' ? '' : `: ${message}`}`;
}

/** @param {JsonObject} problem */
function problemName({ __typename: type, code }) {
  if (type === 'PlanGated' || GATES.has(String(code))) return 'Gated';
  return type === 'InvalidInput' || code === 'BAD_USER_INPUT' ? 'Invalid input' : 'Unavailable';
}

/** @param {JsonObject} gap */
function gapText(gap) {
  if (gap['state'] === 'LAGGING') {
    const dropped = typeof gap['dropped'] === 'number' ? `${gap['dropped'].toLocaleString('en')} events` : 'events';
    return `Lagging: ${dropped} did not reach this page`;
  }
  const seconds = typeof gap['gapSeconds'] === 'number' ? ` of ${formatSpan(gap['gapSeconds'] * 1000)}` : '';
  const start = typeof gap['gapStart'] === 'string' ? ` from ${formatTime(Date.parse(gap['gapStart']))} UTC` : '';
  return `Resumed after a gap${seconds}${start}`;
}
