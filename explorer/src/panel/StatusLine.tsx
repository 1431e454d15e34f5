/** One line about the last answer: status, latency, rows, upstream calls and what is left of the quota. */

import { tables } from '../../drawing/index.js';
import type { Exchange } from '../exchanges';

interface Fact {
  text: string;
  title: string;
}

export function StatusLine({ exchange }: { exchange: Exchange }) {
  return (
    <p className="xp-status" role="status" aria-label="Last answer">
      {facts(exchange).map(({ text, title }) => (
        <span key={title} title={title}>
          {text}
        </span>
      ))}
    </p>
  );
}

function facts(exchange: Exchange): Fact[] {
  const { status, milliseconds, upstreamCalls, quotaRemaining, age, isDryRun } = exchange;
  const rows = tables(exchange.response, exchange.operation).reduce((sum, table) => sum + table.rows.length, 0);
  return [
    { text: String(status), title: 'HTTP status' },
    { text: `${Math.round(milliseconds)} ms`, title: 'Time until the answer was here' },
    ...(isDryRun ? [{ text: 'dry run', title: 'Nothing was sent to CoinGlass' }] : [counted(rows, 'row', 'Rows of all lists')]),
    ...(upstreamCalls === null ? [] : [counted(upstreamCalls, 'upstream call', 'Requests to CoinGlass')]),
    ...(age === null ? [] : [{ text: `cached ${age} s ago`, title: 'Age of the cached response' }]),
    ...(quotaRemaining === null
      ? []
      : [{ text: `${quotaRemaining.toLocaleString('en')} left`, title: 'Requests to CoinGlass left of this minute' }]),
  ];
}

function counted(count: number, noun: string, title: string): Fact {
  return { text: `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`, title };
}
