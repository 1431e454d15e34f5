// Types for the example documents, out of the committed schema.
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: process.env.COINGLASS_SCHEMA ?? "../../schema/schema.graphql",
  documents: ["../../examples/*.graphql"],
  generates: {
    "generated/": {
      preset: "client",
      config: {
        scalars: { DateTime: "string", Date: "string", Timestamp: "number" },
        strictScalars: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
