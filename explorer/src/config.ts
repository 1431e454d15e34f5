/** What the server says about itself, in a script block of the page. */

export interface Example {
  name: string;
  about: string;
  query: string;
}

export interface Config {
  /** Address of GraphQL, relative to the page. */
  endpoint: string;
  /** What the sandbox says of its figures; null for a live server. */
  banner: string | null;
  /** Whether callers need credentials. */
  credentials: boolean;
  /** Whether callers may send a CoinGlass key of their own. */
  keyHeader: boolean;
  examples: Example[];
}

const DEFAULTS: Config = { endpoint: 'graphql', banner: null, credentials: false, keyHeader: false, examples: [] };

function read(): Config {
  const text = document.getElementById('explorer-config')?.textContent ?? '{}';
  return { ...DEFAULTS, ...(JSON.parse(text) as Partial<Config>) };
}

export const config = read();
