/** Polling for React, with any GraphQL client, and subscriptions. */

import { useEffect, useRef, useState } from "react";
import { subscribe, type ConnectionState, type EventOf, type Live, type SubscribeOptions } from "./live.js";
import { poll, type Poller, type PollOptions } from "./poll.js";

export interface UsePollingOptions extends PollOptions {
  /** False pauses polling. */
  enabled?: boolean;
}

/**
 * Call `refetch` whenever the first of the figures in `data` has expired, while the component is mounted.
 *
 * Where there is no data, because the first request failed, it requests after `fallback`.
 * `data` and `refetch` are those of `useQuery`; select `source { expiresAt refreshSeconds }` in what you poll.
 */
export function usePolling(data: unknown, refetch: () => unknown, options: UsePollingOptions = {}): void {
  const latest = useRef({ data, refetch, options });
  const poller = useRef<Poller>(undefined);
  const { enabled = true } = options;
  useEffect(() => {
    latest.current = { data, refetch, options };
  });
  useEffect(() => {
    if (!enabled) return undefined;
    const started = poll({ ...latest.current.options, read: () => latest.current.data, refetch: () => latest.current.refetch() });
    poller.current = started;
    return started.stop;
  }, [enabled]);
  useEffect(() => poller.current?.update(), [data]);
}

export interface UseLiveOptions<Data, Variables> extends Omit<SubscribeOptions<Data, Variables>, "signal"> {
  /** False ends the subscription. */
  enabled?: boolean;
}

/** What a component draws of a subscription. */
export interface LiveState<Event> extends Omit<Live<Event>, "event"> {
  connection: ConnectionState | null;
  /** What the server refuses. Nothing follows. */
  error: Error | null;
  /** True once the server has completed the subscription. */
  isComplete: boolean;
}

const FRAME = 16; // ms, within which events are drawn together
const NOTHING = { data: null, status: null, problem: null, connection: null, error: null, isComplete: false };

/**
 * Subscribe while the component is mounted, and anew when address, query or variables change; see `subscribe`.
 *
 * Events that come between two frames are drawn together.
 */
export function useLive<Data, Variables = Record<string, unknown>>(options: UseLiveOptions<Data, Variables>): LiveState<EventOf<Data>> {
  const [state, setState] = useState<LiveState<EventOf<Data>>>(NOTHING);
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const { enabled = true, url, query, variables } = options;
  const key = JSON.stringify([url, query, variables]);
  useEffect(() => {
    if (!enabled) return undefined;
    const controller = new AbortController();
    setState(NOTHING);
    void follow(latest.current, controller.signal, (change) => setState((before) => ({ ...before, ...change })));
    return () => controller.abort();
  }, [enabled, key]);
  return state;
}

async function follow<Data, Variables>(
  options: UseLiveOptions<Data, Variables>,
  signal: AbortSignal,
  change: (change: Partial<LiveState<EventOf<Data>>>) => void,
): Promise<void> {
  let pending: Partial<LiveState<EventOf<Data>>> = {};
  let frame: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    frame = undefined;
    if (!signal.aborted) change(pending);
    pending = {};
  };
  const draw = (part: Partial<LiveState<EventOf<Data>>>) => {
    pending = { ...pending, ...part };
    frame ??= setTimeout(flush, FRAME);
  };
  const onConnection = (connection: ConnectionState) => {
    options.onConnection?.(connection);
    draw({ connection });
  };
  try {
    for await (const { event: _, ...live } of subscribe<Data, Variables>({ ...options, signal, onConnection })) draw(live);
    draw({ isComplete: true });
  } catch (error) {
    draw({ error: error as Error });
  }
}
