/** Where GraphiQL keeps tabs, history and theme: under a name of our own, because other pages may share the origin. */

const PREFIX = 'coinglass-graphql:';

/** Sizes of panes, as parts of the pane beside them, until the user drags them. */
const DEFAULTS: Record<string, string> = { 'graphiql:editorFlex': '0.75', 'graphiql:docExplorerFlex': '0.25' };

export const storage = {
  get length() {
    return localStorage.length;
  },
  clear() {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  },
  getItem: (key: string) => localStorage.getItem(PREFIX + key) ?? DEFAULTS[key] ?? null,
  removeItem: (key: string) => localStorage.removeItem(PREFIX + key),
  setItem: (key: string, value: string) => localStorage.setItem(PREFIX + key, value),
};

export const hasTabs = () => storage.getItem('graphiql:tabState') !== null;
