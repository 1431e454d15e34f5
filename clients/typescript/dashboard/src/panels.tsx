/** The twelve panels: what each takes of the answers, and how it draws it. */

import type { ReactNode } from "react";
import { isProblem } from "coinglass-graphql-client";
import type { CoinPartsFragment, SourcePartsFragment } from "./generated/graphql";
import { Chart, type Drawing } from "./Chart";
import type { Answers } from "./data";
import { formatChange, formatCompact, formatDollars, formatPrice, formatRate } from "./format";
import { Rows, type Row } from "./Rows";

export type Source = Omit<SourcePartsFragment, "__typename">;
type Problem = { code: string; message: string };

export type View =
  | { state: "loading" }
  | { state: "problem"; problem: Problem }
  | { state: "failed" }
  | { state: "empty" }
  | { state: "drawn"; body: ReactNode; headline: string; source: Source };

export interface Panel {
  id: string;
  title: (coin: string) => string;
  note: string;
  view: (answers: Answers) => View;
}

type Part = { __typename: string };
type Payload<R> = Exclude<R, { __typename: "PlanGated" | "Unavailable" | "InvalidInput" } | null | undefined>;

/** Make a panel of a part of the answers. */
function panel<R extends Part>(
  id: string, title: Panel["title"], note: string,
  select: (answers: Answers) => R | null | undefined,
  draw: (payload: Payload<R>, label: string) => { body: ReactNode; count: number; headline: string },
): Panel {
  const view = (answers: Answers): View => {
    const part = select(answers);
    if (part === null || part === undefined) return { state: answers.errors.length > 0 ? "failed" : "loading" };
    if (isProblem(part)) return { state: "problem", problem: part as unknown as Problem };
    const payload = part as Payload<R>;
    const { body, count, headline } = draw(payload, note);
    const { source } = payload as unknown as { source: Source };
    return count === 0 ? { state: "empty" } : { state: "drawn", body, headline, source };
  };
  return { id, title, note, view };
}

function chart(drawing: Drawing, label: string, headline: string) {
  return { body: <Chart drawing={drawing} label={label} />, count: drawing.timestamp.length, headline };
}

function rows(list: readonly Row[], label: string, headline: string) {
  return { body: <Rows rows={list} label={label} />, count: list.length, headline };
}

function coinRows(nodes: readonly CoinPartsFragment[], label: string, row: (coin: CoinPartsFragment) => Omit<Row, "name">) {
  const list = nodes.map((coin) => ({ name: coin.symbol, ...row(coin) }));
  return rows(list, label, list[0] ? `${list[0].name} ${list[0].text}` : "");
}

export const PANELS: readonly Panel[] = [
  panel("price", (coin) => `${coin} price`, "Binance, 7 days", ({ now }) => now?.pair?.price, ({ columns, latest }, label) =>
    chart({ kind: "candles", ...columns }, label, formatPrice(latest?.close))),
  panel("open-interest", (coin) => `${coin} open interest`, "All exchanges, 30 days", ({ series }) => series?.coin?.openInterest, ({ columns, latest }, label) =>
    chart({ kind: "area", timestamp: columns.timestamp, values: columns.close, format: formatDollars }, label, formatDollars(latest?.close))),
  panel("funding", (coin) => `${coin} funding rate`, "Weighted by open interest, 30 days", ({ series }) => series?.coin?.fundingRate, ({ columns, latest }, label) =>
    chart({ kind: "signed", timestamp: columns.timestamp, values: columns.close, format: formatRate }, label, formatRate(latest?.close))),
  panel("liquidations", (coin) => `${coin} liquidations`, "Longs up, shorts down: Binance, OKX, Bybit, 30 days", ({ series }) => series?.coin?.liquidations, ({ columns, latest }, label) =>
    chart({ kind: "mirrored", timestamp: columns.timestamp, up: columns.longUsd, down: columns.shortUsd }, label, formatDollars(latest && (latest.longUsd ?? 0) + (latest.shortUsd ?? 0)))),
  panel("flows", (coin) => `${coin} ETF net flows`, "US spot funds by day", ({ daily }) => daily?.etf.flows, ({ columns, latest }, label) =>
    chart({ kind: "signed", timestamp: columns.timestamp, values: columns.flowUsd, format: formatDollars }, label, formatDollars(latest?.flowUsd))),
  panel("fear-greed", () => "Fear and greed", "0 is fear, 100 is greed; 180 days", ({ daily }) => daily?.indicators.fearGreed, ({ columns, latest }, label) =>
    chart({ kind: "line", timestamp: columns.timestamp, values: columns.value, format: (value) => value.toFixed(0), range: [0, 100] }, label, formatCompact(latest?.value))),
  panel("largest", () => "Largest markets", "Price, 24 h change, by open interest", ({ now }) => now?.markets.largest, ({ nodes }, label) =>
    coinRows(nodes, label, ({ price, openInterest }) => ({ value: openInterest.usd, text: formatPrice(price.last), detail: formatChange(price.changePercent.h24) }))),
  panel("open-interest-movers", () => "Open interest up", "24 h change, above $50M", ({ now }) => now?.markets.openInterestMovers, ({ nodes }, label) =>
    coinRows(nodes, label, ({ openInterest }) => ({ value: openInterest.changePercent.h24, text: formatChange(openInterest.changePercent.h24), detail: formatDollars(openInterest.usd) }))),
  panel("price-movers", () => "Price up", "24 h change, above $50M of open interest", ({ now }) => now?.markets.priceMovers, ({ nodes }, label) =>
    coinRows(nodes, label, ({ price }) => ({ value: price.changePercent.h24, text: formatChange(price.changePercent.h24), detail: formatPrice(price.last) }))),
  panel("funding-by-exchange", (coin) => `${coin} funding by exchange`, "Current rate, margined in stablecoins", ({ now }) => now?.coin?.currentFundingRates, ({ stablecoinMargined }, label) =>
    exchangeRows(stablecoinMargined ?? [], label)),
  panel("highest-funding", () => "Highest funding", "Weighted by open interest, above $50M", ({ now }) => now?.markets.highestFunding, ({ nodes }, label) =>
    coinRows(nodes, label, ({ fundingRate, openInterest }) => ({ value: fundingRate.byOpenInterest, text: formatRate(fundingRate.byOpenInterest), detail: formatDollars(openInterest.usd) }))),
  panel("most-liquidated", () => "Longs liquidated", "US dollars of 24 h, and shorts", ({ now }) => now?.markets.mostLiquidated, ({ nodes }, label) =>
    coinRows(nodes, label, ({ liquidations: { h24 } }) => ({ value: h24.longUsd, text: formatDollars(h24.longUsd), detail: formatDollars(h24.shortUsd) }))),
];

function exchangeRows(rates: readonly { exchange: string; fundingRate: number | null }[], label: string) {
  const ordered = [...rates].sort((one, other) => (other.fundingRate ?? -Infinity) - (one.fundingRate ?? -Infinity)).slice(0, 10);
  const list = ordered.map(({ exchange, fundingRate }) => ({ name: exchange, value: fundingRate, text: formatRate(fundingRate) }));
  return rows(list, label, list[0] ? `${list[0].name} ${list[0].text}` : "");
}
