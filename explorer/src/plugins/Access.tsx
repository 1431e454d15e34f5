/** Fields for the credentials of this page's requests. */

import type { GraphiQLPlugin } from '@graphiql/react';
import { config } from '../config';
import { type Credentials, credentials } from '../credentials';
import { useStore } from '../store';
import { KeyIcon } from './icons';

function Access() {
  return (
    <section className="xp-sidebar" aria-label="Access">
      <h2>Access</h2>
      <p>What you enter here is sent with each request, and is not stored: it is gone when you close the page.</p>
      {config.credentials && <SecretField label="Key or token of this server" name="bearer" header="Authorization: Bearer …" />}
      {config.keyHeader && <SecretField label="Your CoinGlass key" name="coinglassKey" header="CG-API-KEY" />}
    </section>
  );
}

function SecretField({ label, name, header }: { label: string; name: keyof Credentials; header: string }) {
  const values = useStore(credentials);
  return (
    <label className="xp-input">
      {label}
      <input
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={values[name]}
        onChange={(event) => credentials.set({ ...values, [name]: event.target.value.trim() })}
      />
      <small>{`Sent as ${header}`}</small>
    </label>
  );
}

export const ACCESS_PLUGIN: GraphiQLPlugin = { title: 'Access', icon: KeyIcon, content: Access };
