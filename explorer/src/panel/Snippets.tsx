/** The operation as a program, to copy. */

import { useState } from 'react';
import type { Operation } from '../../drawing/types';
import { copy } from '../clipboard';
import { config } from '../config';
import { SNIPPETS } from '../snippets.js';

export function Snippets({ operation }: { operation: Operation }) {
  const [chosen, choose] = useState(SNIPPETS[0]?.name);
  const server = { url: new URL(config.endpoint, document.baseURI).href, credentials: config.credentials };
  const text = SNIPPETS.find(({ name }) => name === chosen)?.write(operation, server) ?? '';
  return (
    <>
      <div className="xp-bar">
        {SNIPPETS.map(({ name }) => (
          <button key={name} type="button" aria-pressed={name === chosen} onClick={() => choose(name)}>
            {name}
          </button>
        ))}
        <span className="xp-fill" />
        <button type="button" onClick={() => void copy(text)}>
          Copy
        </button>
      </div>
      <pre className="xp-code" tabIndex={0} aria-label={`${chosen} program`}>
        {text}
      </pre>
    </>
  );
}
