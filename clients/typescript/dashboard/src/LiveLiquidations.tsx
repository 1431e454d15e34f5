/** The newest liquidation, as CoinGlass sends it. */

import { useLive } from "coinglass-graphql-client/react";
import { formatDollars, formatPrice } from "./format";
import { DashboardLiquidationsDocument } from "./generated/graphql";

export function LiveLiquidations({ coin }: { coin: string }) {
  const { data, problem, connection, error } = useLive({ url: "/graphql", query: DashboardLiquidationsDocument, variables: { coin }, keep: 1 });
  const newest = data?.orders[0];
  return <output className="live" data-connection={connection?.state}>{error?.message ?? problem?.message ?? (newest ? describe(newest) : "No liquidation yet")}</output>;
}

type Order = { exchange: string; side: string | null; price: number | null; usd: number | null };

/** An order that sells closes a long position. */
function describe({ exchange, side, price, usd }: Order): string {
  const position = side === null ? "Position" : side === "SELL" ? "Long" : "Short";
  return `${position} of ${formatDollars(usd)} liquidated at ${formatPrice(price)}, ${exchange}`;
}
