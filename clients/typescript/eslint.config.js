// The schema under graphql-eslint's recommended rules.
import graphql from "@graphql-eslint/eslint-plugin";

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "generated/schema.graphql" } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      // Entities are known by symbol, or by exchange and symbol; figures have no identity at all.
      "@graphql-eslint/strict-id-in-types": "off",
    },
  },
];
