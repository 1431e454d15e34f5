/** A subscription on a page: receives its events, merges them, and says what to show a few times a second. */

import { fieldsOf, readRequest } from '../drawing/document.js';
import { isObject, isProblem } from '../drawing/frames.js';
import { withArgument } from '../drawing/rewrite.js';
import { BROWSER, Connection } from './connection.js';
import { withChanges, withEvents } from './merge.js';
import { statusText } from './status.js';

/** @import { GraphQLResponse, JsonObject, Operation } from '../drawing/types.js' */
/** @import { ConnectionState, Environment } from './connection.js' */

/**
 * @typedef {object} LiveView
 * @property {GraphQLResponse} response what the client has, in the form of one event
 * @property {GraphQLResponse | null} event the last one, as it came
 * @property {string} status in words
 * @property {boolean} isSandbox whether the figures are those of a sandbox
 * @property {boolean} isOver whether nothing follows
 * @property {number} updates how many came
 * @property {number | null} updatedAt when the last of them came, in milliseconds since 1970
 */

/**
 * @typedef {object} LiveOptions
 * @property {string} endpoint
 * @property {Operation} operation
 * @property {() => Record<string, string>} headers
 * @property {(view: LiveView) => void} onView
 */

/** Fields whose updates are events that come once; those of the others are a state and what changes of it. */
const CHANNELS = new Set(['liquidationOrders', 'futuresTrades', 'spotTrades', 'futuresTicker']);
const MAX_EVENTS = 500; // rows of a channel that are kept
const SHOWN_EVERY = 250; // ms
const ADVICE = {
  cursor: 'Select `cursor`, so that the stream can go on without a gap after a lost connection',
  isSnapshot: 'Select `isSnapshot`, which tells a new state from changes',
};

/** @param {Operation} operation */
export function isSubscription(operation) {
  return readRequest(operation)?.operation.type === 'subscription';
}

export class Live {
  /** @type {import('./status.js').StreamFacts} */
  #facts = { connection: { kind: 'connecting' }, isAgain: false, mode: null, hasFigures: false, gap: null, problem: null, advice: [] };
  /** @type {JsonObject | null} */
  #payload = null;
  /** @type {string | null} */
  #cursor = null;
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {LiveOptions} options
   * @param {Environment} [environment]
   */
  constructor(options, environment = BROWSER) {
    this.options = options;
    this.environment = environment;
    this.request = readRequest(options.operation);
    /** @type {LiveView} */
    this.view = { response: {}, event: null, status: statusText(this.#facts), isSandbox: false, isOver: false, updates: 0, updatedAt: null };
    this.connection = new Connection(
      {
        endpoint: options.endpoint,
        headers: options.headers,
        operation: () => this.#operation(),
        onEvent: (event) => this.#receive(event),
        onState: (state) => this.#note(state),
      },
      environment,
    );
  }

  start() {
    this.#show(false);
    void this.connection.run();
  }

  stop() {
    this.connection.stop();
  }

  /** Return the operation, which goes on after what the client has. */
  #operation() {
    const { operation } = this.options;
    const field = fieldsOf(this.request, [this.#key()])[0];
    if (this.#cursor === null || !this.request || !field) return operation;
    return { ...operation, ...withArgument(this.request, field, 'after', this.#cursor, 'string') };
  }

  /** The name of the subscription's one field in its results. */
  #key() {
    const { data } = this.view.event ?? {};
    return isObject(data) ? (Object.keys(data)[0] ?? '') : '';
  }

  /** @param {ConnectionState} state */
  #note(state) {
    this.#facts = { ...this.#facts, connection: state, isAgain: this.#facts.isAgain || state.kind === 'lost' };
    if (state.kind === 'open') this.view = { ...this.view, isSandbox: state.isSandbox };
    if (state.kind === 'refused') this.view = { ...this.view, response: state.response, event: state.response };
    this.#showSoon();
  }

  /** @param {GraphQLResponse} event */
  #receive(event) {
    this.view = { ...this.view, event };
    const key = this.#key();
    const value = isObject(event.data) ? event.data[key] : null;
    if (!isObject(value)) this.view = { ...this.view, response: event };
    else if (isObject(value['data'])) this.#update(key, value, value['data']);
    else if (isProblem(value)) this.#fail(event, value);
    else this.#state(key, value);
    this.#showSoon();
  }

  /**
   * @param {string} key
   * @param {JsonObject} update
   * @param {JsonObject} data
   */
  #update(key, update, data) {
    const advice = Object.entries(ADVICE).flatMap(([name, text]) => (name in update || (name === 'isSnapshot' && this.#isChannel(key)) ? [] : [text]));
    if (this.#isChannel(key)) this.#payload = withEvents(this.#payload, data, MAX_EVENTS);
    else if (this.#payload === null || update['isSnapshot'] === true) this.#payload = data;
    else {
      const { payload, unmerged } = withChanges(this.#payload, data);
      this.#payload = payload;
      advice.push(...unmerged.map((name) => `Changes of ${name} are not shown: select \`timestamp\` in it, or \`symbol\` where rows have no time`));
    }
    if (typeof update['cursor'] === 'string') this.#cursor = update['cursor'];
    const { cursor: _, isSnapshot: __, ...rest } = update;
    this.view = {
      ...this.view,
      response: { data: { [key]: { ...rest, data: this.#payload } } },
      updates: this.view.updates + 1,
      updatedAt: this.environment.now(),
    };
    this.#facts = { ...this.#facts, hasFigures: true, problem: null, advice };
  }

  /**
   * @param {string} key
   * @param {JsonObject} status
   */
  #state(key, status) {
    const { state, cursor } = status;
    const [mode, gap] = [state === 'CONNECTED' || state === 'POLLED', state === 'RESUMED' || state === 'LAGGING'];
    this.#facts = { ...this.#facts, ...(mode && { mode: status }), ...(gap && { gap: status }), ...((mode || state === 'RESUMED') && { problem: null }) };
    // That of a series may stand before the state that it belongs to, without which changes are of no use.
    if (this.#isChannel(key) && typeof cursor === 'string' && cursor !== '') this.#cursor = cursor;
  }

  /**
   * @param {GraphQLResponse} event
   * @param {JsonObject} problem
   */
  #fail(event, problem) {
    this.#facts = { ...this.#facts, problem };
    if (this.#payload === null) this.view = { ...this.view, response: event };
  }

  /** @param {string} key */
  #isChannel(key) {
    return CHANNELS.has(fieldsOf(this.request, [key])[0]?.name ?? key);
  }

  /** Show the end at once, and everything else together with what comes within the time. */
  #showSoon() {
    const { setTimeout, clearTimeout } = this.environment;
    const isOver = ['stopped', 'complete', 'refused'].includes(this.#facts.connection.kind);
    if (isOver) {
      clearTimeout(this.#timer);
      this.#show(true);
    } else this.#timer ??= setTimeout(() => this.#show(false), SHOWN_EVERY);
  }

  /** @param {boolean} isOver */
  #show(isOver) {
    this.#timer = null;
    this.view = { ...this.view, status: statusText(this.#facts), isOver };
    this.options.onView(this.view);
  }
}
