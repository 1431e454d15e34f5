/** Polling for React, with any GraphQL client. */

import { useEffect, useRef } from "react";
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
