/** Polling that follows `source { expiresAt }`: asks again when the first of the figures can be newer, and no sooner. */

export interface PollOptions {
  /** Least time between two requests, in milliseconds. */
  minimum?: number;
  /** Time between requests where no source says when it expires, in milliseconds. */
  fallback?: number;
  /** Most time between two requests, in milliseconds. */
  maximum?: number;
  /** The current time, in milliseconds. */
  now?: () => number;
}

const DEFAULTS = { minimum: 5_000, fallback: 60_000, maximum: 3_600_000, now: () => Date.now() };

/** Milliseconds after which stale figures are requested again. */
const SECOND_LOOK = 1_000;

/**
 * Return the milliseconds until the first of the figures in `data` expires.
 *
 * Reads each `source { expiresAt refreshSeconds }` and each problem with `retryAfter`. With `refreshSeconds`, a clock of
 * the client that is slow cannot delay the request for longer than that.
 */
export function pollDelay(data: unknown, options: PollOptions = {}): number {
  const { minimum, fallback, maximum, now } = { ...DEFAULTS, ...options };
  return Math.min(Math.max(timeLeft(data, now()) ?? fallback, minimum), Math.max(maximum, minimum));
}

/** Return the milliseconds until the first of the figures expires, negative where it has, undefined where none says so. */
function timeLeft(data: unknown, now: number): number | undefined {
  const delays: number[] = [];
  collect(data, now, delays);
  return delays.length > 0 ? Math.min(...delays) : undefined;
}

function collect(value: unknown, now: number, delays: number[]): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    if (typeof value[0] !== "object") return; // a column of figures
    for (const item of value) collect(item, now, delays);
    return;
  }
  const fields = value as Record<string, unknown>;
  const delay = expiry(fields, now) ?? retry(fields);
  if (delay !== undefined) delays.push(delay);
  for (const field of Object.values(fields)) collect(field, now, delays);
}

function expiry({ expiresAt, refreshSeconds, __typename }: Record<string, unknown>, now: number): number | undefined {
  if (typeof expiresAt !== "string" || (__typename !== undefined && __typename !== "DataSource")) return undefined;
  const left = Date.parse(expiresAt) - now;
  if (Number.isNaN(left)) return undefined;
  return typeof refreshSeconds === "number" ? Math.min(left, refreshSeconds * 1000) : left;
}

function retry({ retryAfter }: Record<string, unknown>): number | undefined {
  return typeof retryAfter === "number" ? retryAfter * 1000 : undefined;
}

export interface Polling<Data> extends PollOptions {
  /** Return the data on the screen, from which the next time follows. */
  read: () => Data;
  /** Request the data again. What it throws delays the next request, and ends nothing. */
  refetch: () => unknown;
}

export interface Poller {
  /** Take the time from new data, which came in another way than by `refetch`. */
  update: () => void;
  stop: () => void;
}

/**
 * Call `refetch` whenever the first of the figures has expired.
 *
 * The server answers with stale figures while it refreshes them: these are requested again after a second, once. A page in
 * the background requests nothing; it catches up when it is shown again. Each failure in a row doubles the time until the
 * next request.
 */
export function poll<Data>({ read, refetch, ...options }: Polling<Data>): Poller {
  const { minimum, maximum, now } = { ...DEFAULTS, ...options };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let state: "waiting" | "requesting" | "stopped" = "waiting";
  let isSecondLook = false; // the next request looks for what the one before made the server refresh
  let wasSecondLook = false;

  function delay(): number {
    const data = read();
    isSecondLook = failures === 0 && !wasSecondLook && (timeLeft(data, now()) ?? 1) <= 0;
    if (isSecondLook) return Math.min(SECOND_LOOK, minimum);
    return Math.min(pollDelay(data, options) * 2 ** failures, Math.max(maximum, minimum));
  }
  function schedule(): void {
    if (state !== "waiting") return;
    cancel();
    timer = setTimeout(request, delay());
  }
  function request(): void {
    if (isHidden()) document.addEventListener("visibilitychange", request, { once: true });
    else void attempt();
  }
  async function attempt(): Promise<void> {
    if (state !== "waiting") return;
    cancel();
    state = "requesting";
    wasSecondLook = isSecondLook;
    try {
      await refetch();
      failures = 0;
    } catch {
      failures = Math.min(failures + 1, 16);
    }
    if ((state as string) === "stopped") return;
    state = "waiting";
    schedule();
  }
  function stop(): void {
    state = "stopped";
    cancel();
  }
  function cancel(): void {
    clearTimeout(timer);
    if (typeof document !== "undefined") document.removeEventListener("visibilitychange", request);
  }
  schedule();
  return { update: schedule, stop };
}

function isHidden(): boolean {
  return typeof document !== "undefined" && document.visibilityState === "hidden";
}
