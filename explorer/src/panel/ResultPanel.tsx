/** What the page shows of an answer beside its JSON: charts, tables, problems and programs. */

import { useGraphiQL } from '@graphiql/react';
import { printSchema } from 'graphql';
import { useMemo, useState } from 'react';
import { drawings as drawingsOf, problems as problemsOf, tables as tablesOf } from '../../drawing/index.js';
import { ChartPanel } from '../charts/ChartPanel';
import { type Exchange, isLive, useExchange } from '../exchanges';
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
  return exchange && <Views exchange={exchange} />;
}

function Views({ exchange }: { exchange: Exchange }) {
  const [chosen, choose] = useState<string | null>(null);
  const entries = useEntries(exchange);
  const selected = entries.some(({ id }) => id === chosen) ? chosen : null;
  return (
    <section className="xp" aria-label="Result">
      <Tabs label="Views of the result" entries={entries} selected={selected ?? first(exchange)} onSelect={choose}>
        <StatusLine exchange={exchange} />
      </Tabs>
    </section>
  );
}

/** Decide what to show as long as the user has not chosen: an answer without figures may be all problems. */
function first({ response, operation, facts }: Exchange): string {
  if (planOf(response)) return 'plan';
  const isEmpty = drawingsOf(response, operation).length === 0;
  if (isEmpty && problemsOf(response, operation).length > 0) return 'problems';
  return isEmpty && !isLive(facts) ? 'table' : 'chart';
}

function useEntries({ response, operation, facts }: Exchange): TabEntry[] {
  const theme = useTheme();
  const live = isLive(facts);
  const { replaceAndRun } = useOperations();
  const schema = useGraphiQL((state) => state.schema);
  const sdl = useMemo(() => (schema ? printSchema(schema) : undefined), [schema]);
  return useMemo(() => {
    const plan = planOf(response);
    const problems = problemsOf(response, operation, sdl);
    const figures: TabEntry[] = [
      { id: 'chart', label: 'Chart', content: () => <ChartPanel response={response} document={operation} theme={theme} isLive={live} /> },
      { id: 'table', label: 'Table', content: () => <TableView tables={tablesOf(response, operation)} /> },
    ];
    return [
      ...(plan ? [{ id: 'plan', label: 'Dry run', content: () => <CallPlan plan={plan} /> }] : figures),
      {
        id: 'problems',
        label: problems.length ? `Problems (${problems.length})` : 'Problems',
        content: () => <Problems problems={problems} onRemedy={replaceAndRun} />,
      },
      { id: 'code', label: 'Code', content: () => <Snippets operation={operation} /> },
    ];
  }, [response, operation, live, sdl, theme, replaceAndRun]);
}
