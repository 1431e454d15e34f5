/** The build: one page whose files have digests in their names, without what the page does not use of its libraries. */

import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const source = (name: string) => path.join(import.meta.dirname, 'src', name);
const SYSTEM_FONT = 'system-ui, sans-serif';
const SYSTEM_MONOSPACE = 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';

/** Take the parts of Monaco that the page uses in place of all of it. */
const trimMonaco = (): Plugin => ({
  name: 'trim-monaco',
  enforce: 'pre',
  async resolveId(id, importer, options) {
    if (!/monaco-editor(\.js)?$/.test(id)) return null;
    const resolved = await this.resolve(id, importer, { ...options, skipSelf: true });
    const isWhole = resolved && /monaco-graphql\/esm\/monaco-editor\.js$/.test(resolved.id);
    return isWhole ? source('monaco/editor.js') : resolved;
  },
});

/** Take the fonts of the system in place of those that GraphiQL's style sheet contains. */
const systemFonts = (): Plugin => ({
  name: 'system-fonts',
  enforce: 'pre',
  transform(code, id) {
    if (/graphiql\/dist\/style\.css/.test(id))
      return code
        .replace(/@font-face\s*\{[^}]*(Roboto|Fira Code)[^}]*\}/g, '')
        .replace(/"?Fira Code"?/g, SYSTEM_MONOSPACE)
        .replace(/"?Roboto"?/g, SYSTEM_FONT);
    if (/create-editor\.js/.test(id)) return code.replace('"\\"Fira Code\\""', JSON.stringify(SYSTEM_MONOSPACE));
    return null;
  },
});

export default defineConfig({
  base: './',
  logLevel: 'warn',
  plugins: [trimMonaco(), systemFonts(), react()],
  resolve: {
    dedupe: ['graphql', 'react', 'react-dom', 'react-compiler-runtime'],
    alias: [{ find: /^prettier(\/.*)?$/, replacement: source('monaco/formatting.js') }],
  },
  worker: { format: 'es', plugins: () => [trimMonaco()] },
  build: {
    assetsDir: 'explorer',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 8000,
    license: { fileName: 'explorer/licences.md' },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      onLog(level, log, handle) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log); // of compiled React code, without effect here
      },
    },
  },
});
