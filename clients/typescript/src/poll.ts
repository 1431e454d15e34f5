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

/**
 * Return the milliseconds until the first of the figures in `data` expires.
 *
 * Reads each `source { expiresAt refreshSeconds }` and each problem with `retryAfter`. With `refreshSeconds`, a clock of
 * the client that is slow cannot delay the request for longer than that.
 */
export function pollDelay(data: unknown, options: PollOptions = {}): number {
  const { minimum, fallback, maximum, now } = { ...DEFAULTS, ...options };
  const delays: number[] = [];
  collect(data, now(), delays);
  const first = delays.length > 0 ? Math.min(...delays) : fallback;
  return Math.min(Math.max(first, minimum), Math.max(maximum, minimum));
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

/**
 * Call `refetch` whenever the first of the figures has expired, until the returned function is called.
 *
 * A page in the background requests nothing; it catches up when it is shown again. Each failure in a row doubles the time
 * until the next request.
 */
export function poll<Data>({ read, refetch, ...options }: Polling<Data>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isStopped = false;

  function schedule(): void {
    if (isStopped) return;
    const maximum = Math.max(options.maximum ?? DEFAULTS.maximum, options.minimum ?? DEFAULTS.minimum);
    timer = setTimeout(request, Math.min(pollDelay(read(), options) * 2 ** failures, maximum));
  }
  function request(): void {
    if (isHidden()) document.addEventListener("visibilitychange", request, { once: true });
    else void attempt().then(schedule);
  }
  async function attempt(): Promise<void> {
    try {
      await refetch();
      failures = 0;
    } catch {
      failures = Math.min(failures + 1, 16);
    }
  }
  schedule();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    if (typeof document !== "undefined") document.removeEventListener("visibilitychange", request);
  };
}

function isHidden(): boolean {
  return typeof document !== "undefined" && document.visibilityState === "hidden";
}
