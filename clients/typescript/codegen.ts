// The types of the schema for the package, and of the example documents for the tests, out of the committed schema.
import type { CodegenConfig } from "@graphql-codegen/cli";

const config = {
  // The second line is what Federation adds, which introspection shows and the SDL for clients does not have.
  scalars: {
    DateTime: "string", Date: "string", Timestamp: "number",
    _Any: "unknown", _FieldSet: "string", link__Import: "string",
  },
  strictScalars: true,
  useTypeImports: true,
};

const codegen: CodegenConfig = {
  schema: process.env.COINGLASS_SCHEMA ?? "../../schema/schema.graphql",
  documents: ["../../examples/*.graphql", "dashboard/src/*.graphql"],
  generates: {
    "src/generated/schema.ts": { plugins: ["typescript"], config: { ...config, enumsAsTypes: true }, documents: [] },
    "generated/": { preset: "client", config },
  },
};

export default codegen;
