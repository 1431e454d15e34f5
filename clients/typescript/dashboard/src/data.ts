/** The three operations, each of which is requested again when the first of its figures expires. */

import type { ErrorLike } from "@apollo/client";
import { useQuery } from "@apollo/client/react";
import { usePolling } from "coinglass-graphql-client/react";
import {
  DashboardDailyDocument, DashboardNowDocument, DashboardSeriesDocument,
  type DashboardDailyQuery, type DashboardNowQuery, type DashboardSeriesQuery,
} from "./generated/graphql";

export const COINS = ["BTC", "ETH", "SOL"] as const;
export type Coin = (typeof COINS)[number];

export interface Answers {
  series: DashboardSeriesQuery | undefined;
  now: DashboardNowQuery | undefined;
  daily: DashboardDailyQuery | undefined;
  errors: readonly ErrorLike[];
}

/** Milliseconds until a request that failed at first is repeated. */
const POLLING = { fallback: 15_000 };

export function useAnswers(coin: Coin): Answers {
  const series = useQuery(DashboardSeriesDocument, { variables: { coin }, errorPolicy: "all" });
  const now = useQuery(DashboardNowDocument, { variables: { coin, pair: `${coin}USDT` }, errorPolicy: "all" });
  const daily = useQuery(DashboardDailyDocument, { variables: { asset: coin }, errorPolicy: "all" });
  usePolling(now.data, now.refetch, POLLING);
  usePolling(series.data, series.refetch, POLLING);
  usePolling(daily.data, daily.refetch, POLLING);
  const errors = [series.error, now.error, daily.error].filter((error) => error !== undefined);
  return { series: complete(series), now: complete(now), daily: complete(daily), errors };
}

function complete<Data>({ data, dataState }: { data: unknown; dataState: string }): Data | undefined {
  return dataState === "complete" ? (data as Data) : undefined;
}
