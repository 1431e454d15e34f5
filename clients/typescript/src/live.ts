/** Subscriptions over server-sent events, which go on after lost connections and put changes into what the client has. */

import { Kind, parse, print, type DocumentNode } from "graphql";
import { delayOf, openStream, refusalOf, type Attempt, type Refused } from "./event-source.js";
import { withChanges, withEvents } from "./generated/merge.js";
import { isProblem, type ProblemOf } from "./results.js";

/** A document with the types of its data and variables, as graphql-codegen writes it. */
export interface TypedDocument<Data, Variables> extends DocumentNode {
  __apiType?: (variables: Variables) => Data;
}

/** The events of a subscription: updates, statuses of the stream and problems. */
export type EventOf<Data> = NonNullable<Data[Exclude<keyof Data, "__typename">]>;

/** The figures in the updates among events. */
export type FiguresOf<Event> = Extract<Event, { data: unknown }>["data"];

/** The statuses among events. */
export type StatusOf<Event> = Extract<Event, { __typename?: "StreamStatus" }>;

/** What became of the connection: `lost` states why, and after how many milliseconds the next attempt follows. */
export type ConnectionState = { state: "connecting" | "open" } | { state: "lost"; reason: string; delay: number };

/** An event, and what the client has after it. */
export interface Live<Event> {
  /** The event as it came. */
  event: Event;
  /** Of series and lists all rows, the changed ones replaced. Of channels, such as trades, the rows of the last update. */
  data: FiguresOf<Event> | null;
  /** The last status of the stream. */
  status: StatusOf<Event> | null;
  /** Why nothing comes at present. */
  problem: ProblemOf<Event> | null;
}

export interface SubscribeOptions<Data, Variables> {
  /** The address of `/graphql`. */
  url: string;
  /** A subscription that declares `$after: String`, passes it to its field, and selects `cursor` and `isSnapshot`. */
  query: string | TypedDocument<Data, Variables>;
  variables?: Omit<NoInfer<Variables>, "after">;
  /** Further headers, such as credentials, or a function that is called for each attempt to connect. */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>);
  /** Ends the subscription. */
  signal?: AbortSignal;
  /** Of channels: how many rows `data` keeps, the newest first. Left out: those of the last update, the oldest first. */
  keep?: number;
  /** Called when the connection opens, and when it is lost. */
  onConnection?: (state: ConnectionState) => void;
  /** Instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
}

type Fields = Record<string, unknown>;

/**
 * Yield each event of a subscription with what the client has after it, until the server completes it or `signal` ends it.
 *
 * A lost connection is opened again, after a second at first and half a minute at most, and the stream goes on after the
 * last event: nothing is missing or doubled, or a `StreamStatus` says what is. Throws `SubscriptionError` for what the
 * server refuses, and would refuse again.
 */
export async function* subscribe<Data, Variables = Fields>(options: SubscribeOptions<Data, Variables>): AsyncGenerator<Live<EventOf<Data>>, void, undefined> {
  const query = textOf(options.query);
  const controller = new AbortController();
  const stop = () => controller.abort();
  options.signal?.addEventListener("abort", stop);
  if (options.signal?.aborted) stop();
  const { signal } = controller;
  const state = new State<EventOf<Data>>(options.keep);
  try {
    for (let failures = 0; !signal.aborted; failures += 1) {
      options.onConnection?.({ state: "connecting" });
      const attempt: Attempt = { reason: "", retryAfter: 0 };
      let hasEvents = false;
      const headers = typeof options.headers === "function" ? await options.headers() : options.headers;
      const variables = { ...options.variables, ...(state.cursor && { after: state.cursor }) };
      const request = { url: options.url, headers: headers ?? {}, body: JSON.stringify({ query, variables }), fetch: options.fetch ?? fetch, signal };
      for await (const message of openStream(request, attempt, () => options.onConnection?.({ state: "open" }))) {
        if (message.type === "complete") return;
        const result = JSON.parse(message.data) as { data?: Data | null; errors?: readonly Refused[] };
        const refused = refusalOf(result, hasEvents);
        if (refused) {
          Object.assign(attempt, refused);
          break;
        }
        failures = 0;
        hasEvents = true;
        yield state.take(Object.values(result.data as Fields)[0] as EventOf<Data>);
      }
      if (signal.aborted) return;
      const delay = delayOf(failures, attempt.retryAfter);
      options.onConnection?.({ state: "lost", reason: attempt.reason, delay });
      await pause(delay, signal);
    }
  } finally {
    options.signal?.removeEventListener("abort", stop);
    stop();
  }
}

/** What the client has. */
class State<Event> {
  cursor = "";
  private data: Fields | null = null;
  private hasSnapshot = false;
  private status: unknown = null;
  private problem: unknown = null;

  constructor(private readonly keep: number | undefined) {}

  take(event: Event): Live<Event> {
    const fields = event as Fields;
    if (isProblem(fields)) this.problem = fields;
    else if ("data" in fields) this.update(fields);
    else this.status = fields;
    if (fields["__typename"] === "StreamStatus" && fields["state"] !== "LAGGING") this.problem = null;
    if (typeof fields["cursor"] === "string" && fields["cursor"] !== "") this.cursor = fields["cursor"];
    const { data, status, problem } = this;
    return { event, data, status, problem } as Live<Event>;
  }

  private update(update: Fields): void {
    for (const name of ["cursor", "isSnapshot"])
      if (!(name in update)) throw new TypeError(`Select \`${name}\` in the update: without it the subscription cannot go on.`);
    const data = update["data"] as Fields;
    this.problem = null;
    if (update["isSnapshot"] === true) {
      this.data = data;
      this.hasSnapshot = true;
    } else if (this.hasSnapshot) this.merge(data);
    else this.data = this.keep === undefined ? data : withEvents(this.data, data, this.keep);
  }

  private merge(changes: Fields): void {
    const { payload, unmerged } = withChanges(this.data ?? {}, changes);
    if (unmerged.length > 0)
      throw new TypeError(`Select \`timestamp\` in ${unmerged.join(" and ")}, or \`symbol\` or \`exchange\` where rows have no time: changes cannot be told apart.`);
    this.data = payload;
  }
}

/** Return the text of a document, which must be able to go on after a cursor. */
function textOf(query: string | DocumentNode): string {
  const document = typeof query === "string" ? parse(query) : query;
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (operation?.operation !== "subscription") throw new TypeError("`query` is no subscription.");
  if (!operation.variableDefinitions?.some(({ variable }) => variable.name.value === "after"))
    throw new TypeError("Declare `$after: String` in the subscription and pass `after: $after` to its field, so that it can go on after a lost connection.");
  return typeof query === "string" ? query : print(query);
}

function pause(delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, delay);
    signal.addEventListener("abort", end, { once: true });
    function end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
  });
}
