/** Credentials for the requests of this page. They are in its memory alone, and gone when it is closed. */

import { createStore } from './store';

export interface Credentials {
  /** A key or a token of this server. */
  bearer: string;
  /** A key of CoinGlass. */
  coinglassKey: string;
}

export const credentials = createStore<Credentials>({ bearer: '', coinglassKey: '' });

export function credentialHeaders(): Record<string, string> {
  const { bearer, coinglassKey } = credentials.get();
  return {
    ...(bearer && { authorization: `Bearer ${bearer}` }),
    ...(coinglassKey && { 'cg-api-key': coinglassKey }),
  };
}
