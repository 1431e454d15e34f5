/** A server of events and a clock for tests of subscriptions: nothing waits, and each response is written by the test. */

/** @import { Environment } from '../live/connection.js' */

/** @typedef {{ body: any, headers: Record<string, string>, send: (text: string) => void, end: () => void, isAborted: () => boolean }} Attempt */

export class FakeServer {
  /** @type {Attempt[]} */
  attempts = [];
  /** @type {{ action: () => void, at: number }[]} */
  timers = [];
  now = 0;
  /** Answers an attempt in place of a stream of events, if it returns a response; null: the server cannot be reached. */
  answer = /** @type {() => Response | null | undefined} */ (() => undefined);

  /** @returns {Environment} */
  get environment() {
    return {
      fetch: async (_, init) => this.#respond(init ?? {}),
      setTimeout: (action, milliseconds) => {
        const timer = { action, at: this.now + milliseconds };
        this.timers.push(timer);
        return timer;
      },
      clearTimeout: (timer) => {
        this.timers = this.timers.filter((one) => one !== timer);
      },
      random: () => 1,
      now: () => this.now,
    };
  }

  /** @param {RequestInit} init */
  #respond({ body, headers, signal }) {
    /** @type {ReadableStreamDefaultController<Uint8Array> | null} */
    let stream = null;
    const source = new ReadableStream({ start: (controller) => void (stream = controller) });
    signal?.addEventListener('abort', () => stream?.error(new DOMException('aborted', 'AbortError')));
    this.attempts.push({
      body: JSON.parse(String(body)),
      headers: /** @type {Record<string, string>} */ (headers),
      send: (text) => stream?.enqueue(new TextEncoder().encode(text)),
      end: () => stream?.close(),
      isAborted: () => signal?.aborted ?? false,
    });
    const answer = this.answer();
    if (answer === null) throw new TypeError('fetch failed');
    return answer ?? new Response(source, { headers: { 'content-type': 'text/event-stream' } });
  }

  /** The newest attempt. */
  get last() {
    return /** @type {Attempt} */ (this.attempts.at(-1));
  }

  /** Let time pass, and all that waited for it happen. @param {number} milliseconds */
  async pass(milliseconds) {
    const end = this.now + milliseconds;
    await settled();
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.now = next.at;
      next.action();
      await settled();
    }
    this.now = end;
  }
}

/** Let everything happen that waits for nothing outside. */
export async function settled() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** @param {unknown} result */
export function next(result) {
  return `event: next\r\ndata: ${JSON.stringify(result)}\r\n\r\n`;
}

export const COMPLETE = 'event: complete\r\ndata: \r\n\r\n';
