/** GraphiQL with our plugins, toolbar and result panel. */

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { ToolbarButton, useGraphiQL } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { Banner } from './Banner';
import { copy } from './clipboard';
import { config } from './config';
import { fetcher } from './fetcher';
import { useOperations, useTabOfRequests } from './operations';
import { ResultPanel } from './panel/ResultPanel';
import { ABOUT_PLUGIN } from './plugins/About';
import { ACCESS_PLUGIN } from './plugins/Access';
import { EXAMPLES_PLUGIN } from './plugins/Examples';
import { DryRunIcon, ShareIcon } from './plugins/icons';
import { fromFragment, toFragment } from '../drawing/share-link.js';
import { hasTabs, storage } from './storage';

const FIRST_EXAMPLE = 'Funding';

const plugins = [
  EXAMPLES_PLUGIN,
  HISTORY_PLUGIN,
  explorerPlugin(),
  ...(config.credentials || config.keyHeader ? [ACCESS_PLUGIN] : []),
  ABOUT_PLUGIN,
];

export function App() {
  const shared = fromFragment(location.hash);
  const first = config.examples.find(({ name }) => name === FIRST_EXAMPLE) ?? config.examples[0];
  const start = shared ?? (hasTabs() || !first ? null : { query: first.query, variables: '' });
  return (
    <>
      <Banner />
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        plugins={plugins}
        {...(start && { initialQuery: start.query })}
        {...(start?.variables && { initialVariables: start.variables })}
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
      >
        <GraphiQL.Logo>
          <h1 className="xp-logo">CoinGlass</h1>
        </GraphiQL.Logo>
        <GraphiQL.Toolbar>
          {({ prettify, merge, copy }) => (
            <>
              {prettify}
              {merge}
              {copy}
              <Tools />
            </>
          )}
        </GraphiQL.Toolbar>
        <GraphiQL.Footer>
          <ResultPanel />
        </GraphiQL.Footer>
      </GraphiQL>
    </>
  );
}

function Tools() {
  useTabOfRequests();
  const { runDry } = useOperations();
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]);
  const share = () => {
    history.replaceState(null, '', toFragment({ query: tab?.query ?? '', variables: tab?.variables ?? '' }));
    void copy(location.href);
  };
  return (
    <>
      <ToolbarButton label="Dry run: what would this send to CoinGlass?" onClick={runDry}>
        <DryRunIcon />
      </ToolbarButton>
      <ToolbarButton label="Copy a link to this operation" onClick={share}>
        <ShareIcon />
      </ToolbarButton>
    </>
  );
}
