/**
 * urql's Graphcache for the graph.
 *
 * Entities are stored by their keys; everything else lies where it was read. A payload was fetched at one moment:
 * `coinglassCache` stores it under its arguments and its selection, so that two documents never mix each other's figures.
 */

import { makeOperation, type Exchange, type Operation } from "@urql/core";
import { cacheExchange, type CacheExchangeOpts, type KeyingConfig } from "@urql/exchange-graphcache";
import { Kind, visit, type ArgumentNode, type DirectiveNode, type DocumentNode } from "graphql";
import { map, pipe, tap } from "wonka";
import { addKeyFields, isPayload, isQuery, mapFields, selectionName } from "./documents.js";
import { entities, values } from "./generated/graph.js";
import { schema } from "./introspection.js";

type Fields = Readonly<Record<string, unknown>>;

function keyOf(data: Fields, names: readonly string[]): string | null {
  const key = names.map((name) => data[name]);
  return key.some((part) => part === undefined || part === null) ? null : key.length === 1 ? String(key[0]) : JSON.stringify(key);
}

/** The option `keys` of Graphcache. */
export const keys: KeyingConfig = {
  ...Object.fromEntries(values.map((type) => [type, () => null])),
  ...Object.fromEntries(Object.entries(entities).map(([type, names]) => [type, (data: Fields) => keyOf(data, names)])),
};

/** All that Graphcache needs: `cacheExchange(graphcacheConfig)`. */
export const graphcacheConfig: Pick<CacheExchangeOpts, "keys" | "schema"> = { keys, schema };

/** The argument by which Graphcache tells selections apart; no server sees it. */
const SELECTION = "__selection";

function argument(value: string): ArgumentNode {
  return { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: SELECTION }, value: { kind: Kind.STRING, value } };
}

/** A part that the cache lacks is requested; Graphcache would say null in its place where the schema allows it. */
const REQUIRED: DirectiveNode = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: "_required" } };

function addSelections(document: DocumentNode, variables: Fields): DocumentNode {
  return mapFields(
    document,
    (selectionSet) => selectionSet,
    (node, type) => {
      const required = { ...node, directives: [...(node.directives ?? []), REQUIRED] };
      if (!node.selectionSet || !isPayload(type, node.name.value)) return required;
      return { ...required, arguments: [...(node.arguments ?? []), argument(selectionName(node, variables))] };
    },
  );
}

/** Return the document as the server knows it. Without `__key` and `loc`, by which urql would take it for another. */
function removeSelections(document: DocumentNode): DocumentNode {
  const { definitions } = visit(document, {
    Argument: ({ name }) => (name.value === SELECTION ? null : undefined),
    Directive: ({ name }) => (name.value === REQUIRED.name.value ? null : undefined),
  });
  return { kind: Kind.DOCUMENT, definitions };
}

/** Graphcache with `graphcacheConfig`, which stores each payload as a whole: takes the place of `cacheExchange`. */
export function coinglassCache(options: Partial<CacheExchangeOpts> = {}): Exchange {
  const cache = cacheExchange({ ...options, ...graphcacheConfig, keys: { ...keys, ...options.keys } });
  return ({ forward, ...input }) => {
    const forwarded = new Map<number, Operation>();
    const inner = cache({
      ...input,
      forward: (operations$) =>
        pipe(
          operations$,
          map((operation) => {
            if (operation.kind !== "query") return operation;
            forwarded.set(operation.key, operation);
            return replaced(operation, removeSelections(operation.query));
          }),
          forward,
          map((result) => {
            const operation = forwarded.get(result.operation.key);
            return operation === undefined ? result : { ...result, operation: replaced(result.operation, operation.query) };
          }),
        ),
    });
    return (operations$) =>
      pipe(
        operations$,
        tap(({ kind, key }) => kind === "teardown" && forwarded.delete(key)),
        map((operation) => {
          if (operation.kind !== "query" || !isQuery(operation.query)) return operation;
          return replaced(operation, addSelections(addKeyFields(operation.query), operation.variables as Fields));
        }),
        inner,
      );
  };
}

function replaced(operation: Operation, query: DocumentNode): Operation {
  return { ...makeOperation(operation.kind, operation), query: query as Operation["query"] };
}

export { schema };
