// A graph in memory that executes documents against the SDL. Each request has a number, which is every figure of its
// answer, so that figures of two answers cannot be taken for one.
import { readdirSync, readFileSync } from "node:fs";
import { buildSchema, execute, getNamedType, getOperationAST, GraphQLList, GraphQLNonNull, isAbstractType, isEnumType, isObjectType, parse } from "graphql";
import { entities } from "../dist/generated/graph.js";

const schema = buildSchema(readFileSync(new URL("../../../schema/schema.graphql", import.meta.url), "utf8"));
const ROWS = 3;

/** The queries of `examples/`, by file name. */
export function examples() {
  const folder = new URL("../../../examples/", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".graphql"));
  const texts = names.map((name) => [name, readFileSync(new URL(name, folder), "utf8")]);
  return Object.fromEntries(texts.filter(([, text]) => getOperationAST(parse(text)).operation === "query"));
}

const nullable = (type) => (type instanceof GraphQLNonNull ? type.ofType : type);

function leaf(type, fieldName, source, request) {
  if (isEnumType(type)) return type.getValues()[0].value;
  if (fieldName in source) return source[fieldName];
  if (type.name === "Boolean") return true;
  return type.name === "String" || type.name.startsWith("Date") ? `${fieldName} ${request}` : request;
}

function keyOf(type, source, args, index) {
  const values = { symbol: `S${index}`, exchange: `E${index}`, name: `E${index}`, ...source, ...args };
  return Object.fromEntries((entities[type.name] ?? []).map((name) => [name, String(values[name]).toUpperCase()]));
}

/** Return a function that answers operations, and counts them in `requests`. `problems`: fields that answer with a problem. */
export function createGraph({ rows = ROWS } = {}) {
  const graph = { requests: 0, problems: new Set(), sent: [], rows, answer };

  function complete(type, fieldName, source, args, index = 0) {
    const bare = nullable(type);
    if (bare instanceof GraphQLList) {
      const keys = args.symbols ?? args.keys;
      const count = keys?.length ?? graph.rows;
      return Array.from({ length: count }, (_, place) =>
        complete(bare.ofType, fieldName, {}, args.keys ? args.keys[place] : args.symbols ? { symbol: args.symbols[place] } : {}, place + (args.after ? graph.rows : 0)),
      );
    }
    const named = getNamedType(bare);
    if (!isObjectType(named) && !isAbstractType(named)) return leaf(named, fieldName, source, graph.requests);
    if (isObjectType(named)) return { ...keyOf(named, source, args, index), args };
    const members = schema.getPossibleTypes(named);
    return { __typename: graph.problems.has(fieldName) ? "Unavailable" : members[0].name, args };
  }
  async function answer(document, variables) {
    graph.requests += 1;
    graph.sent.push(document);
    return execute({
      schema,
      document: typeof document === "string" ? parse(document) : document,
      variableValues: variables,
      rootValue: {},
      fieldResolver: (source, args, _context, { fieldName, returnType }) => {
        if (fieldName === "endCursor") return `after ${source.args?.after ?? "start"}`;
        if (fieldName in source) return source[fieldName];
        const inherited = ["nodes", "edges", "node", "pageInfo"].includes(fieldName) ? { ...source.args, ...args } : args;
        return complete(returnType, fieldName, source, inherited);
      },
      typeResolver: ({ __typename }) => __typename,
    });
  }
  return graph;
}
