/** What the page shows of an answer beside its JSON: charts, tables, problems and programs. */

import { useGraphiQL } from '@graphiql/react';
import { useMemo, useState } from 'react';
import { problems as problemsOf, tables as tablesOf } from '../../drawing/index.js';
import { ChartPanel } from '../charts/ChartPanel';
import { type Exchange, useExchange } from '../exchanges';
import { useOperations } from '../operations';
import { useTheme } from '../theme';
import { CallPlan, planOf } from './CallPlan';
import { Problems } from './Problems';
import { Snippets } from './Snippets';
import { StatusLine } from './StatusLine';
import { TableView } from './TableView';
import { type TabEntry, Tabs } from './Tabs';

export function ResultPanel() {
  const exchange = useExchange(useGraphiQL((state) => state.tabs[state.activeTabIndex]?.id));
  const [selected, select] = useState('chart');
  const entries = useEntries(exchange);
  if (exchange === null) return null;
  return (
    <section className="xp" aria-label="Result">
      <StatusLine exchange={exchange} />
      <Tabs label="Views of the result" entries={entries} selected={selected} onSelect={select} />
    </section>
  );
}

function useEntries(exchange: Exchange | null): TabEntry[] {
  const theme = useTheme();
  const { replaceAndRun } = useOperations();
  return useMemo(() => {
    if (exchange === null) return [];
    const { response, operation } = exchange;
    const plan = planOf(response);
    const problems = problemsOf(response, operation);
    const entries: TabEntry[] = [
      { id: 'chart', label: 'Chart', content: () => <ChartPanel response={response} document={operation} theme={theme} /> },
      { id: 'table', label: 'Table', content: () => <TableView tables={tablesOf(response, operation)} /> },
      {
        id: 'problems',
        label: problems.length ? `Problems (${problems.length})` : 'Problems',
        content: () => <Problems problems={problems} onRemedy={replaceAndRun} />,
      },
      { id: 'code', label: 'Code', content: () => <Snippets operation={operation} /> },
    ];
    return plan ? [{ id: 'plan', label: 'Dry run', content: () => <CallPlan plan={plan} /> }, ...entries.slice(2)] : entries;
  }, [exchange, theme, replaceAndRun]);
}
