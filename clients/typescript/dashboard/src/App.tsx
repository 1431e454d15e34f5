/** The page: twelve panels, or one of them in full. The hash of the address says which. */

import { useState, useSyncExternalStore } from "react";
import { COINS, useAnswers, type Answers, type Coin } from "./data";
import { formatTime } from "./format";
import { LiveLiquidations } from "./LiveLiquidations";
import { PANELS, type Panel, type View } from "./panels";

function useHash(): string {
  return useSyncExternalStore(
    (changed) => {
      addEventListener("hashchange", changed);
      return () => removeEventListener("hashchange", changed);
    },
    () => location.hash,
  );
}

export function App() {
  const [coin, setCoin] = useState<Coin>("BTC");
  const open = /^#\/panel\/(.+)$/.exec(useHash())?.[1];
  return (
    <>
      <header>
        <h1><a href="#/">Desk</a></h1>
        <div role="group" aria-label="Coin" className="coins">
          {COINS.map((name) => (
            <button key={name} type="button" aria-pressed={name === coin} onClick={() => setCoin(name)}>{name}</button>
          ))}
        </div>
        <LiveLiquidations coin={coin} />
        {open !== undefined && <a className="back" href="#/">All panels</a>}
      </header>
      <Panels key={open ?? "all"} coin={coin} open={open} />
      <footer>
        Data: CoinGlass through coinglass-graphql. Charts: <a href="https://www.tradingview.com/">TradingView</a> Lightweight Charts™.
      </footer>
    </>
  );
}

/** Mounted anew on each page, so that everything it shows comes out of the cache. */
function Panels({ coin, open }: { coin: Coin; open: string | undefined }) {
  const answers = useAnswers(coin);
  const shown = PANELS.filter(({ id }) => open === undefined || id === open);
  const views = shown.map((panel) => [panel, panel.view(answers)] as const);
  const isSandbox = views.some(([, view]) => view.state === "drawn" && view.source.sandbox);
  return (
    <main className={open === undefined ? "grid" : "single"}>
      {isSandbox && <p className="banner">Sandbox: these figures are no market data.</p>}
      {answers.errors.length > 0 && <Failure answers={answers} />}
      {views.map(([panel, view]) => <Card key={panel.id} panel={panel} view={view} coin={coin} />)}
    </main>
  );
}

function Failure({ answers }: { answers: Answers }) {
  return <p className="banner failure">The server does not answer: {answers.errors[0]?.message}</p>;
}

function Card({ panel, view, coin }: { panel: Panel; view: View; coin: Coin }) {
  return (
    <section className="panel" data-panel={panel.id} data-state={view.state}>
      <h2><a href={`#/panel/${panel.id}`}>{panel.title(coin)}</a></h2>
      {view.state === "drawn" && <strong>{view.headline}</strong>}
      <p className="note">{panel.note}</p>
      <Body view={view} />
      {view.state === "drawn" && (
        <small>
          {view.source.freshness === "STALE" ? <b>stale, being refreshed</b> : view.source.expiresAt && `fresh until ${formatTime(view.source.expiresAt)}`}
        </small>
      )}
    </section>
  );
}

function Body({ view }: { view: View }) {
  switch (view.state) {
    case "loading":
      return <p className="message" aria-busy="true">Loading…</p>;
    case "failed":
      return <p className="message">No figures yet</p>;
    case "empty":
      return <p className="message">CoinGlass has no figures here.</p>;
    case "problem":
      return <p className="message"><code>{view.problem.code}</code> {view.problem.message}</p>;
    case "drawn":
      return view.body;
  }
}
