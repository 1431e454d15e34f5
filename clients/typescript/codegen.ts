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
const asNamed = { enumsAsTypes: true, namingConvention: "keep" };

const codegen: CodegenConfig = {
  schema: process.env.COINGLASS_SCHEMA ?? "../../schema/schema.graphql",
  generates: {
    "src/generated/schema.ts": { plugins: ["typescript"], config: { ...config, ...asNamed } },
    "generated/": { preset: "client", documents: "../../examples/*.graphql", config },
    "dashboard/src/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      documents: "dashboard/src/*.graphql",
      config: { ...config, ...asNamed, avoidOptionals: { field: true } },
    },
  },
};

export default codegen;
