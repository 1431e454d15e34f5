/** Puts operations into the editors of GraphiQL and runs them. */

import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useCallback, useEffect } from 'react';
import type { JsonObject } from '../drawing/types';
import { context } from './fetcher';

export interface NewOperation {
  query: string;
  variables?: JsonObject | undefined;
}

export function useOperations() {
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const { run, addTab } = useGraphiQLActions();
  const replace = useCallback(
    ({ query, variables }: NewOperation) => {
      queryEditor?.setValue(query);
      variableEditor?.setValue(variables && Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '');
    },
    [queryEditor, variableEditor],
  );
  const replaceAndRun = useCallback(
    (operation: NewOperation) => {
      replace(operation);
      run();
    },
    [replace, run],
  );
  const openInTab = useCallback(
    (operation: NewOperation) => {
      addTab();
      requestAnimationFrame(() => replaceAndRun(operation)); // once the editors show the new tab
    },
    [addTab, replaceAndRun],
  );
  const runDry = useCallback(() => {
    context.isDryRun = true;
    run();
  }, [run]);
  return { replaceAndRun, openInTab, runDry };
}

/** Tell the fetcher which tab an answer belongs to. */
export function useTabOfRequests(): void {
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.id);
  useEffect(() => {
    context.tab = tab ?? '';
  }, [tab]);
}
