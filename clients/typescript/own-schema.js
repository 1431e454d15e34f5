// Writes the schema without what Federation adds to it (`_entities`, `_service`), which is not ours to name or describe.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Kind, parse, print, visit } from "graphql";

const document = parse(readFileSync("../../schema/schema.graphql", "utf8"));
const isFederations = (node) => node.name?.value.startsWith("_");
const own = visit(document, {
  [Kind.FIELD_DEFINITION]: (node) => (isFederations(node) ? null : undefined),
  [Kind.OBJECT_TYPE_DEFINITION]: (node) => (isFederations(node) ? null : undefined),
  [Kind.UNION_TYPE_DEFINITION]: (node) => (isFederations(node) ? null : undefined),
  [Kind.SCALAR_TYPE_DEFINITION]: (node) => (isFederations(node) ? null : undefined),
});
mkdirSync("generated", { recursive: true });
writeFileSync("generated/schema.graphql", print(own));
