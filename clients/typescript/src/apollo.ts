/**
 * Apollo Client's cache for the graph.
 *
 * Entities are stored by their keys and namespaces once, and both are merged. A payload was fetched at one moment: it is
 * stored as a whole under its arguments and its selection, so that two documents never overwrite or mix each other's figures.
 */

import { DocumentTransform, type ApolloClient, type FieldFunctionOptions, type FieldPolicy, type InMemoryCacheConfig, type OperationVariables, type TypePolicies } from "@apollo/client";
import type { FieldNode } from "graphql";
import { addKeyFields, selectionName } from "./documents.js";
import { entities, merged, payloads, possibleTypes, singletons } from "./generated/graph.js";

type Fields = Record<string, unknown>;
type KeyContext = { field: FieldNode | null; variables?: Fields | undefined };
interface Page extends Fields {
  nodes?: readonly unknown[];
  edges?: readonly unknown[];
  pageInfo?: { endCursor?: unknown; startCursor?: unknown };
}

/** Selects the key fields of entities: `new ApolloClient({ documentTransform, ... })`. */
export const documentTransform = new DocumentTransform(addKeyFields);

const PAYLOAD: FieldPolicy = { keyArgs: (args, context) => storedAs(args, context), merge: false };

/** Pages of one list are one list: each is appended to that whose last cursor it follows. */
const PAGES: FieldPolicy = {
  keyArgs: (args, context) => storedAs(args && omitCursor(args), context),
  merge: (existing: Page | undefined, incoming: Page, options: FieldFunctionOptions) => append(existing, incoming, options),
};

const LIST: FieldPolicy = { merge: false };
const POLICIES = { payload: PAYLOAD, pages: PAGES, list: LIST };

function storedAs(args: Fields | null, { field, variables }: KeyContext): string {
  return JSON.stringify(args ?? {}, sortedKeys) + (field ? selectionName(field, variables) : "");
}

function sortedKeys(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function omitCursor({ after: _, ...rest }: Fields): Fields {
  return rest;
}

function append(existing: Page | undefined, incoming: Page, { args, readField }: FieldFunctionOptions): Page {
  const cursor = args?.["after"];
  if (existing === undefined || cursor === undefined || cursor === null) return incoming;
  if (!incoming.nodes && !incoming.edges) return existing; // a problem of this page takes away nothing of those before
  const pageInfo = existing.pageInfo;
  if (pageInfo === undefined || readField("endCursor", pageInfo as never) !== cursor) return incoming;
  const joined: Page = { ...existing, ...incoming };
  for (const name of ["nodes", "edges"] as const)
    if (existing[name] && incoming[name]) joined[name] = [...existing[name], ...incoming[name]];
  return joined;
}

function hasKey(object: Readonly<Fields>, names: readonly string[]): boolean {
  return names.every((name) => object[name] !== undefined);
}

function policies(): TypePolicies {
  const all: TypePolicies = {};
  for (const [type, names] of Object.entries(entities))
    // Without its key, an entity stays where it was read instead of being an error.
    all[type] = { keyFields: (object, { storeObject }) => hasKey({ ...storeObject, ...object }, names) && [...names], merge: true };
  for (const type of singletons) all[type] = { keyFields: [], merge: true };
  for (const type of merged) all[type] = { keyFields: false, merge: true };
  for (const [type, fields] of Object.entries(payloads)) {
    const entries = Object.entries(fields).map(([name, kind]) => [name, POLICIES[kind]] as const);
    all[type] = { ...all[type], fields: Object.fromEntries(entries) };
  }
  return all;
}

export const typePolicies: TypePolicies = policies();

/** All that the cache needs: `new InMemoryCache(cacheConfig)`. */
export const cacheConfig: InMemoryCacheConfig = { possibleTypes, typePolicies };

/**
 * Request a query again, for `usePolling` and `poll`; what watches it gets the new figures from the cache.
 *
 * A failure rejects and leaves the figures on the page, where `refetch` of a watched query would take them away.
 */
export async function refresh<Data, Variables extends OperationVariables>(
  client: ApolloClient,
  options: ApolloClient.QueryOptions<Data, Variables>,
): Promise<void> {
  const request = { ...options, errorPolicy: "all", fetchPolicy: "network-only" } as ApolloClient.QueryOptions<Data, Variables>;
  const { data, error } = await client.query<Data, Variables>(request);
  if (data === undefined || data === null) throw error ?? new Error("The response has no data.");
}

export { possibleTypes };
