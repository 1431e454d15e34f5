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
  const tabs = useGraphiQL((state) => state.tabs);
  const { run, stop, addTab, changeTab } = useGraphiQLActions();
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
      stop(); // a subscription, which `run` would stop instead
      run();
    },
    [replace, stop, run],
  );
  const openInTab = useCallback(
    (operation: NewOperation) => {
      const open = tabs.findIndex(({ query }) => query?.trim() === operation.query.trim());
      if (open < 0) addTab();
      else changeTab(open);
      requestAnimationFrame(() => (open < 0 ? replaceAndRun(operation) : run())); // once the editors show the tab
    },
    [tabs, addTab, changeTab, replaceAndRun, run],
  );
  const runDry = useCallback(() => {
    stop();
    context.isDryRun = true;
    run();
  }, [stop, run]);
  return { replaceAndRun, openInTab, runDry };
}

/** Tell the fetcher which tab an answer belongs to. The subscription of a tab ends when another one is shown. */
export function useTabOfRequests(): void {
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.id);
  const { stop } = useGraphiQLActions();
  useEffect(() => {
    context.tab = tab ?? '';
    return stop;
  }, [tab, stop]);
}
