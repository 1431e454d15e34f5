/** One connection of a subscription over server-sent events, in graphql-sse's mode of distinct connections. */

import { EventReader, type ServerEvent } from "./generated/event-stream.js";

export interface StreamRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
  fetch: typeof globalThis.fetch;
  signal: AbortSignal;
}

/** Why a connection ended, and the least milliseconds until the next one. */
export interface Attempt {
  reason: string;
  retryAfter: number;
}

/** An entry of `errors`. */
export interface Refused {
  message: string;
  extensions?: { code?: string; retryAfter?: number | null };
}

/** What `subscribe` throws if the server refuses the subscription and would refuse it again. */
export class SubscriptionError extends Error {
  override readonly name = "SubscriptionError";
  /** The errors as the server sent them. */
  readonly errors: readonly Refused[];
  /** The code of the first one. */
  readonly code: string | undefined;

  constructor(errors: readonly Refused[]) {
    super(errors[0]?.message);
    this.errors = errors;
    this.code = errors[0]?.extensions?.code;
  }
}

const EVENT_STREAM = "text/event-stream";
const [FIRST_DELAY, MAX_DELAY] = [1_000, 30_000]; // ms, between attempts
const SILENCE = 45_000; // ms: the server sends something every 15 s
const TEMPORARY = new Set([408, 425, 429, 500, 502, 503, 504]);
const TEMPORARY_CODES = new Set(["SERVICE_UNAVAILABLE", "TOO_MANY_CONNECTIONS"]);

/** Return the milliseconds until the next attempt, after so many that brought no event. */
export function delayOf(failures: number, retryAfter: number): number {
  const longest = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** Math.min(failures, 16));
  return Math.max(retryAfter, longest * (0.5 + Math.random() / 2));
}

/**
 * Return why a result is no event, if the subscription can be tried again; throws `SubscriptionError` if it cannot.
 *
 * Credentials that the server had accepted have expired, and may have been renewed.
 */
export function refusalOf(result: { errors?: readonly Refused[] }, hasEvents: boolean): Attempt | null {
  const error = result.errors?.[0];
  if (error === undefined) return null;
  const { code = "", retryAfter } = error.extensions ?? {};
  const isTemporary = TEMPORARY_CODES.has(code) || (code === "CLIENT_RATE_LIMITED" && retryAfter != null) || (code === "UNAUTHENTICATED" && hasEvents);
  if (!isTemporary) throw new SubscriptionError(result.errors ?? []);
  return { reason: error.message, retryAfter: (retryAfter ?? 0) * 1000 };
}

/** Yield the events of one connection, and note in `attempt` why it ended. */
export async function* openStream(request: StreamRequest, attempt: Attempt, onOpen: () => void): AsyncGenerator<ServerEvent, void, undefined> {
  const { fetch } = request; // browsers refuse to call theirs as a method of another object
  const controller = new AbortController();
  const abort = () => controller.abort();
  const headers = { accept: EVENT_STREAM, "content-type": "application/json", ...request.headers };
  const post = new Request(request.url, { method: "POST", headers, body: request.body, signal: controller.signal });
  let watch = setTimeout(abort, SILENCE);
  request.signal.addEventListener("abort", abort);
  attempt.reason = "the server cannot be reached";
  try {
    const response = await fetch(post);
    if (!response.body || !response.headers.get("content-type")?.startsWith(EVENT_STREAM)) {
      Object.assign(attempt, await refusalOfResponse(response));
      return;
    }
    attempt.reason = "the stream broke off";
    onOpen();
    const [reader, decoder, events] = [response.body.getReader(), new TextDecoder(), new EventReader()];
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      clearTimeout(watch);
      yield* events.read(decoder.decode(piece.value, { stream: true })).filter(({ type }) => type === "next" || type === "complete");
      watch = setTimeout(abort, SILENCE);
    }
  } catch (error) {
    if (error instanceof SubscriptionError) throw error;
    if (controller.signal.aborted) attempt.reason = `nothing came for ${SILENCE / 1000} s`;
  } finally {
    clearTimeout(watch);
    request.signal.removeEventListener("abort", abort);
    abort();
  }
}

/** Return why there is no stream; throws `SubscriptionError` if there would be none again. */
async function refusalOfResponse(response: Response): Promise<Attempt> {
  const text = await response.text();
  const errors = errorsOf(text) ?? [{ message: `The server answered with status ${response.status} and no events.` }];
  if (!TEMPORARY.has(response.status)) throw new SubscriptionError(errors);
  const seconds = Number(response.headers.get("retry-after"));
  return { reason: errors[0]?.message ?? "", retryAfter: Number.isFinite(seconds) ? seconds * 1000 : 0 };
}

function errorsOf(text: string): readonly Refused[] | undefined {
  try {
    return (JSON.parse(text) as { errors?: readonly Refused[] } | null)?.errors;
  } catch {
    return undefined;
  }
}
