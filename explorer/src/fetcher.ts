/** Sends the operations of the page and records what the server says about them. */

import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import type { GraphQLResponse, JsonObject } from '../drawing/types';
import { config } from './config';
import { credentialHeaders } from './credentials';
import { recordExchange } from './exchanges';

const ACCEPT = 'application/graphql-response+json, application/json;q=0.9';
const INTROSPECTION = 'IntrospectionQuery';

/** Where the next operation comes from, and whether it is a dry run. */
export const context = { tab: '', isDryRun: false };

export const fetcher: Fetcher = async (params, options) => {
  const { tab, isDryRun } = context;
  const isOperation = params.operationName !== INTROSPECTION;
  const started = performance.now();
  const answer = await send(params, { ...options?.headers, ...(isOperation && isDryRun && { 'x-dry-run': '1' }) });
  const response = (await parsed(answer)) as GraphQLResponse;
  if (isOperation) {
    context.isDryRun = false;
    recordExchange(tab, {
      operation: {
        query: params.query,
        variables: params.variables as JsonObject | undefined,
        operationName: params.operationName,
      },
      response,
      isDryRun,
      status: answer.status,
      milliseconds: performance.now() - started,
      upstreamCalls: figure(answer, 'x-upstream-calls'),
      quotaRemaining: figure(answer, 'x-quota-remaining'),
      age: figure(answer, 'age'),
      isSandbox: answer.headers.has('x-coinglass-source'),
    });
  }
  return response as ReturnType<Fetcher>;
};

function send({ query, variables, operationName }: FetcherParams, headers: Record<string, string>): Promise<Response> {
  return fetch(config.endpoint, {
    method: 'POST',
    headers: { accept: ACCEPT, 'content-type': 'application/json', ...credentialHeaders(), ...headers },
    body: JSON.stringify({ query, variables, operationName }),
  });
}

/** Read an answer. One that is not GraphQL, of a proxy for example, becomes an error. */
async function parsed(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `The server answered with status ${answer.status} and no JSON.` }] };
  }
}

function figure(answer: Response, header: string): number | null {
  const value = answer.headers.get(header);
  return value === null ? null : Number(value);
}
