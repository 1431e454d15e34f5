/** The schema as Graphcache reads it: which fields may be null, and which types stand for which. */

import type { CacheExchangeOpts } from "@urql/exchange-graphcache";
import { possibleTypes } from "./generated/graph.js";
import { shapes } from "./generated/shapes.js";

type Introspection = NonNullable<CacheExchangeOpts["schema"]>;
type TypeReference = { kind: string; name?: string; ofType?: TypeReference };

const LEAF: TypeReference = { kind: "SCALAR", name: "Any" };

/** Return the type of a shape such as `[!]!`. */
function typeOf(shape: string): TypeReference {
  if (shape.endsWith("!")) return { kind: "NON_NULL", ofType: typeOf(shape.slice(0, -1)) };
  if (shape.startsWith("[")) return { kind: "LIST", ofType: typeOf(shape.slice(1, -1)) };
  return LEAF;
}

function fieldsOf(shape: string): { name: string; type: TypeReference; args: never[] }[] {
  return shape.split(" ").map((field) => {
    const name = /^\w+/.exec(field)?.[0] ?? "";
    return { name, type: typeOf(field.slice(name.length)), args: [] };
  });
}

function introspect(): Introspection {
  const objects = Object.entries(shapes).map(([name, shape]) => ({ kind: "OBJECT", name, interfaces: [], fields: fieldsOf(shape) }));
  // Interfaces as unions, which is all that Graphcache asks of them.
  const abstract = Object.entries(possibleTypes).map(([name, types]) => ({
    kind: "UNION",
    name,
    possibleTypes: types.map((type) => ({ kind: "OBJECT", name: type })),
  }));
  return { __schema: { queryType: { name: "Query" }, types: [...objects, ...abstract] } } as unknown as Introspection;
}

/** The option `schema` of Graphcache. */
export const schema: Introspection = introspect();
