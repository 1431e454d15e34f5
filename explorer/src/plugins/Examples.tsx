/** The library of examples: each opens in a tab of its own and runs. */

import type { GraphiQLPlugin } from '@graphiql/react';
import { config } from '../config';
import { useOperations } from '../operations';
import { ExamplesIcon } from './icons';

function Examples() {
  const { openInTab } = useOperations();
  return (
    <section className="xp-sidebar" aria-label="Examples">
      <h2>Examples</h2>
      <ul>
        {config.examples.map((example) => (
          <li key={example.name}>
            <button type="button" onClick={() => openInTab(example)}>
              <b>{example.name}</b>
              <span>{example.about}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export const EXAMPLES_PLUGIN: GraphiQLPlugin = { title: 'Examples', icon: ExamplesIcon, content: Examples };
