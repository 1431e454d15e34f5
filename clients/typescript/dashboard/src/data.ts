/** The three operations, each of which is requested again when the first of its figures expires. */

import { useState } from "react";
import type { ErrorLike, OperationVariables, TypedDocumentNode } from "@apollo/client";
import { useApolloClient, useQuery } from "@apollo/client/react";
import { refresh } from "coinglass-graphql-client/apollo";
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
const POLLING = { fallback: 5_000 };

export function useAnswers(coin: Coin): Answers {
  const now = useAnswer(DashboardNowDocument, { coin, pair: `${coin}USDT` });
  const series = useAnswer(DashboardSeriesDocument, { coin });
  const daily = useAnswer(DashboardDailyDocument, { asset: coin });
  const errors = [now.error, series.error, daily.error].filter((error) => error !== undefined);
  return { now: now.data, series: series.data, daily: daily.data, errors };
}

interface Answer<Data> {
  data: Data | undefined;
  /** Of the newest request, where it failed. */
  error: ErrorLike | undefined;
}

function useAnswer<Data, Variables extends OperationVariables>(query: TypedDocumentNode<Data, Variables>, variables: Variables): Answer<Data> {
  const client = useApolloClient();
  const [failure, setFailure] = useState<ErrorLike>();
  const { data, dataState, error } = useQuery(query, { variables, errorPolicy: "all" } as useQuery.Options<Data, Variables>);
  const request = async () => {
    try {
      await refresh(client, { query, variables } as Parameters<typeof refresh<Data, Variables>>[1]);
      setFailure(undefined);
    } catch (problem) {
      setFailure(problem as ErrorLike);
      throw problem;
    }
  };
  usePolling(data, request, POLLING);
  return { data: dataState === "complete" ? (data as Data) : undefined, error: failure ?? error };
}
