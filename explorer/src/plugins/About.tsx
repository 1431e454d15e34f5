/** What the page is made of, with the notices that the licences of its libraries ask for. */

import type { GraphiQLPlugin } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { AboutIcon } from './icons';

function About() {
  const licences = useLicences();
  return (
    <section className="xp-sidebar" aria-label="About">
      <h2>About</h2>
      <p>
        coinglass-graphql is one typed GraphQL graph over the CoinGlass v4 API. This page comes from your server alone and
        loads nothing from anywhere else. The data belongs to CoinGlass and has its own terms.
      </p>
      <ul>
        <li>
          <a href="light">Light page</a>: the same without an editor, in a fraction of the size
        </li>
        <li>
          <a href="schema.graphql">The schema as SDL</a>
        </li>
      </ul>
      <h3>Charts</h3>
      <p>
        TradingView Lightweight Charts™, Copyright (с) 2025 TradingView, Inc.{' '}
        <a href="https://www.tradingview.com/" rel="noreferrer">
          https://www.tradingview.com/
        </a>
      </p>
      <h3>Licences</h3>
      <pre className="xp-code" tabIndex={0} aria-label="Licences of the libraries">
        {licences}
      </pre>
    </section>
  );
}

function useLicences(): string {
  const [text, setText] = useState('Loading…');
  useEffect(() => {
    const controller = new AbortController();
    fetch('explorer/licences.md', { signal: controller.signal })
      .then((answer) => answer.text())
      .then(setText)
      .catch(() => setText('The licences cannot be loaded.'));
    return () => controller.abort();
  }, []);
  return text;
}

export const ABOUT_PLUGIN: GraphiQLPlugin = { title: 'About', icon: AboutIcon, content: About };
