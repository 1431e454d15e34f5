/** A subscription over server-sent events, in graphql-sse's mode of distinct connections: connects again until it ends. */

import { EventReader } from './event-stream.js';

/** @import { GraphQLResponse, Operation } from '../drawing/types.js' */

/**
 * `lost`: the next attempt follows after `seconds`. `refused`: the server has answered, and would answer so again.
 * `complete`: the server has sent everything.
 * @typedef {{ kind: 'connecting' | 'complete' | 'stopped' } | { kind: 'open', isSandbox: boolean } | { kind: 'lost', reason: string, seconds: number } | { kind: 'refused', response: GraphQLResponse }} ConnectionState
 */

/**
 * @typedef {object} Options
 * @property {string} endpoint
 * @property {() => Operation} operation what to request, read again for each attempt
 * @property {() => Record<string, string>} headers read again for each attempt
 * @property {(event: GraphQLResponse) => void} onEvent
 * @property {(state: ConnectionState) => void} onState
 */

/**
 * What the browser provides, and a test replaces.
 * @typedef {object} Environment
 * @property {typeof globalThis.fetch} fetch
 * @property {(action: () => void, milliseconds: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random
 * @property {() => number} now milliseconds since 1970
 */

/** @type {Environment} */
export const BROWSER = {
  fetch: (...request) => globalThis.fetch(...request),
  setTimeout: (action, milliseconds) => globalThis.setTimeout(action, milliseconds),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
  random: Math.random,
  now: Date.now,
};

const EVENT_STREAM = 'text/event-stream';
const [FIRST_DELAY, MAX_DELAY] = [1_000, 30_000]; // ms, between attempts
const SILENCE = 45_000; // ms: the server sends something every 15 s
const SILENT = `nothing came for ${SILENCE / 1000} s`;
const TEMPORARY = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * @typedef {{ isOver: true, state: ConnectionState } | { isOver: false, reason: string, retryAfter: number }} Outcome
 * `retryAfter`: least milliseconds until the next attempt.
 */

export class Connection {
  #controller = new AbortController();
  #failures = 0;
  #isStopped = false;
  /** @type {(() => void) | null} */
  #wake = null;

  /**
   * @param {Options} options
   * @param {Environment} [environment]
   */
  constructor(options, environment = BROWSER) {
    this.options = options;
    this.environment = environment;
  }

  /** Receive events until the stream ends or is stopped. */
  async run() {
    while (!this.#isStopped) {
      this.options.onState({ kind: 'connecting' });
      const outcome = await this.#attempt();
      if (this.#isStopped) return;
      if (outcome.isOver) {
        this.#isStopped = true;
        this.options.onState(outcome.state);
        return;
      }
      await this.#pause(outcome.reason, outcome.retryAfter);
    }
  }

  stop() {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#controller.abort();
    this.#wake?.();
    this.options.onState({ kind: 'stopped' });
  }

  /**
   * @param {string} reason
   * @param {number} least milliseconds
   */
  async #pause(reason, least) {
    const { random, setTimeout, clearTimeout } = this.environment;
    const longest = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** Math.min(this.#failures, 16));
    const delay = Math.max(least, longest * (0.5 + random() / 2));
    this.#failures += 1;
    this.options.onState({ kind: 'lost', reason, seconds: Math.ceil(delay / 1000) });
    await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), delay);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }

  /** @returns {Promise<Outcome>} */
  async #attempt() {
    const controller = (this.#controller = new AbortController());
    const watch = new Watch(this.environment, () => controller.abort());
    const lost = (/** @type {string} */ reason) => ({ isOver: /** @type {const} */ (false), reason: watch.isOver ? SILENT : reason, retryAfter: 0 });
    try {
      const answer = await this.#request(controller.signal);
      if (answer === null) return lost('the server cannot be reached');
      if (!answer.ok || !answer.body || !answer.headers.get('content-type')?.startsWith(EVENT_STREAM)) return await refusal(answer);
      this.options.onState({ kind: 'open', isSandbox: answer.headers.has('x-coinglass-source') });
      if (await this.#receive(answer.body.getReader(), watch)) return { isOver: true, state: { kind: 'complete' } };
      return lost('the stream broke off');
    } finally {
      watch.end();
    }
  }

  /** @param {AbortSignal} signal */
  #request(signal) {
    const request = this.environment.fetch(this.options.endpoint, {
      method: 'POST',
      headers: { accept: EVENT_STREAM, 'content-type': 'application/json', ...this.options.headers() },
      body: JSON.stringify(this.options.operation()),
      signal,
    });
    return request.catch(() => null);
  }

  /**
   * Pass events on; return whether the server has sent everything.
   * @param {ReadableStreamDefaultReader<Uint8Array>} reader
   * @param {Watch} watch
   */
  async #receive(reader, watch) {
    const [decoder, events] = [new TextDecoder(), new EventReader()];
    for (;;) {
      watch.restart();
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (done || this.#isStopped) return false;
      for (const { type, data } of events.read(decoder.decode(value, { stream: true }))) {
        if (type === 'complete') return true;
        if (type !== 'next') continue;
        this.#failures = 0;
        this.options.onEvent(JSON.parse(data));
      }
    }
  }
}

/** Calls `onSilence` unless it is restarted in time. */
class Watch {
  /**
   * @param {Environment} environment
   * @param {() => void} onSilence
   */
  constructor(environment, onSilence) {
    this.environment = environment;
    this.onSilence = onSilence;
    this.isOver = false;
    /** @type {unknown} */
    this.timer = null;
    this.restart();
  }

  restart() {
    this.end();
    this.timer = this.environment.setTimeout(() => {
      this.isOver = true;
      this.onSilence();
    }, SILENCE);
  }

  end() {
    this.environment.clearTimeout(this.timer);
  }
}

/**
 * @param {Response} answer
 * @returns {Promise<Outcome>}
 */
async function refusal(answer) {
  const text = await answer.text();
  const response = parsed(text) ?? { errors: [{ message: `The server answered with status ${answer.status} and no events.` }] };
  if (!TEMPORARY.has(answer.status)) return { isOver: true, state: { kind: 'refused', response } };
  const seconds = Number(answer.headers.get('retry-after'));
  const reason = response.errors?.[0]?.message ?? `status ${answer.status}`;
  return { isOver: false, reason, retryAfter: Number.isFinite(seconds) ? seconds * 1000 : 0 };
}

/**
 * @param {string} text
 * @returns {GraphQLResponse | null}
 */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}
