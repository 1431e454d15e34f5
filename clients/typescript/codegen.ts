// Types for the example documents, out of the committed schema.
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: process.env.COINGLASS_SCHEMA ?? "../../schema/schema.graphql",
  documents: ["../../examples/*.graphql"],
  generates: {
    "generated/": {
      preset: "client",
      config: {
        // The second line is what Federation adds, which introspection shows and the SDL for clients does not have.
        scalars: {
          DateTime: "string", Date: "string", Timestamp: "number",
          _Any: "unknown", _FieldSet: "string", link__Import: "string",
        },
        strictScalars: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
