/** What was sent and answered last in each tab, beside what GraphiQL keeps of it. */

import type { GraphQLResponse, Operation } from '../drawing/types';
import type { LiveView } from '../live/live.js';
import { createStore, useStore } from './store';

/** What an HTTP answer says beside its body. */
export interface AnswerFacts {
  status: number;
  milliseconds: number;
  /** Requests to CoinGlass; null if the server does not say. */
  upstreamCalls: number | null;
  /** Requests to CoinGlass that are left of the minute; null if the server does not say. */
  quotaRemaining: number | null;
  /** Seconds for which the response was cached; null if it was not. */
  age: number | null;
}

export interface Exchange {
  operation: Operation;
  response: GraphQLResponse;
  isDryRun: boolean;
  /** Whether the figures are those of a sandbox. */
  isSandbox: boolean;
  /** What the answer says, or what became of a subscription. */
  facts: AnswerFacts | LiveView;
}

/** By the ids of tabs. */
const exchanges = createStore<ReadonlyMap<string, Exchange>>(new Map());

export function recordExchange(tab: string, exchange: Exchange): void {
  exchanges.set(new Map(exchanges.get()).set(tab, exchange));
}

export function useExchange(tab: string | undefined): Exchange | null {
  const all = useStore(exchanges);
  return (tab && all.get(tab)) || null;
}

export function useIsSandbox(): boolean {
  return [...useStore(exchanges).values()].some((exchange) => exchange.isSandbox);
}

export function isLive(facts: Exchange['facts']): facts is LiveView {
  return 'isOver' in facts;
}
