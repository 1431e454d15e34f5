/** The build of the dashboard. `vite dashboard` serves it with the GraphQL server of this machine behind it. */

import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  base: "./",
  logLevel: "warn",
  plugins: [react()],
  resolve: {
    // Outside this repository the package is a dependency like any other.
    alias: [
      { find: /^coinglass-graphql-client$/, replacement: file("../dist/index.js") },
      { find: /^coinglass-graphql-client\/(\w+)$/, replacement: file("../dist/$1.js") },
    ],
  },
  server: { proxy: { "/graphql": process.env.COINGLASS_URL ?? "http://127.0.0.1:8000" } },
  build: { outDir: file("../build/dashboard"), emptyOutDir: true, reportCompressedSize: false, chunkSizeWarningLimit: 1000 },
});
