/** One line about the last answer, or about the subscription. */

import { useGraphiQLActions } from '@graphiql/react';
import { formatClock, tables } from '../../drawing/index.js';
import type { LiveView } from '../../live/live.js';
import { type AnswerFacts, type Exchange, isLive } from '../exchanges';

interface Fact {
  text: string;
  title: string;
}

export function StatusLine({ exchange }: { exchange: Exchange }) {
  const { facts } = exchange;
  return isLive(facts) ? <LiveLine exchange={exchange} view={facts} /> : <AnswerLine exchange={exchange} facts={facts} />;
}

function AnswerLine({ exchange, facts }: { exchange: Exchange; facts: AnswerFacts }) {
  return (
    <p className="xp-status" role="status" aria-label="Last answer">
      <Facts list={answerFacts(exchange, facts)} />
    </p>
  );
}

/** Assistive technology reads what becomes of the stream, and not each of its events. */
function LiveLine({ exchange, view }: { exchange: Exchange; view: LiveView }) {
  const { stop } = useGraphiQLActions();
  return (
    <>
      {!view.isOver && (
        <button type="button" onClick={stop}>
          Stop
        </button>
      )}
      <div className="xp-status">
        <p className="xp-live" role="status" aria-label="Subscription">
          {view.status}
        </p>
        <p className="xp-counts">
          <Facts list={liveFacts(exchange, view)} />
        </p>
      </div>
    </>
  );
}

function Facts({ list }: { list: Fact[] }) {
  return list.map(({ text, title }) => (
    <span key={title} title={title}>
      {text}
    </span>
  ));
}

function answerFacts(exchange: Exchange, { status, milliseconds, upstreamCalls, quotaRemaining, age }: AnswerFacts): Fact[] {
  return [
    { text: String(status), title: 'HTTP status' },
    { text: `${Math.round(milliseconds)} ms`, title: 'Time until the answer was here' },
    ...(exchange.isDryRun ? [{ text: 'dry run', title: 'Nothing was sent to CoinGlass' }] : [rowsOf(exchange)]),
    ...(upstreamCalls === null ? [] : [counted(upstreamCalls, 'upstream call', 'Requests to CoinGlass')]),
    ...(age === null ? [] : [{ text: `cached ${age} s ago`, title: 'Age of the cached response' }]),
    ...(quotaRemaining === null
      ? []
      : [{ text: `${quotaRemaining.toLocaleString('en')} left`, title: 'Requests to CoinGlass left of this minute' }]),
  ];
}

function liveFacts(exchange: Exchange, { updates, updatedAt }: LiveView): Fact[] {
  if (updatedAt === null) return [];
  return [
    counted(updates, 'update', 'Updates since the subscription began'),
    rowsOf(exchange),
    { text: `${formatClock(updatedAt)} UTC`, title: 'When the last update came' },
  ];
}

function rowsOf({ response, operation }: Exchange): Fact {
  const lists = tables(response, operation).filter(({ path }) => path.length > 0);
  return counted(lists.reduce((sum, table) => sum + table.rows.length, 0), 'row', 'Rows of all lists');
}

function counted(count: number, noun: string, title: string): Fact {
  return { text: `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`, title };
}
