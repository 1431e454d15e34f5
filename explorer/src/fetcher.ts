/** Sends the operations of the page and records what the server says about them. */

import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { parse } from 'graphql';
import type { GraphQLResponse, JsonObject, Operation } from '../drawing/types';
import { isSubscription, Live } from '../live/live.js';
import { config } from './config';
import { credentialHeaders } from './credentials';
import { recordExchange } from './exchanges';

/** With this type an invalid operation has status 200, which browsers do not log as an error. */
const ACCEPT = 'application/json';
const INTROSPECTION = 'IntrospectionQuery';

/** Where the next operation comes from, and whether it is a dry run. */
export const context = { tab: '', isDryRun: false };

export const fetcher: Fetcher = async (params, options) => {
  const headers = () => ({ ...credentialHeaders(), ...options?.headers });
  if (params.operationName === INTROSPECTION) return (await parsed(await send(params, headers()))) as never;
  const { tab, isDryRun } = context;
  context.isDryRun = false;
  const operation = operationOf(params);
  if (!isDryRun && isSubscription(operation)) return events(tab, operation, headers) as never;
  const started = performance.now();
  const answer = await send(operation, { ...headers(), ...(isDryRun && { 'x-dry-run': '1' }) });
  const response = (await parsed(answer)) as GraphQLResponse;
  recordExchange(tab, {
    operation,
    response,
    isDryRun,
    isSandbox: answer.headers.has('x-coinglass-source'),
    facts: {
      status: answer.status,
      milliseconds: performance.now() - started,
      upstreamCalls: figure(answer, 'x-upstream-calls'),
      quotaRemaining: figure(answer, 'x-quota-remaining'),
      age: figure(answer, 'age'),
    },
  });
  return response as never;
};

interface Observer {
  next: (event: GraphQLResponse) => void;
  complete: () => void;
}

/** Return the events of a subscription for the editor of results. The panel below it has what they come to. */
function events(tab: string, operation: Operation, headers: () => Record<string, string>) {
  return {
    subscribe({ next, complete }: Observer) {
      let shown: GraphQLResponse | null = null;
      let isStopped = false;
      const live = new Live({
        endpoint: config.endpoint,
        operation,
        headers,
        onView(view) {
          recordExchange(tab, { operation, response: view.response, isDryRun: false, isSandbox: view.isSandbox, facts: view });
          if (isStopped) return;
          if (view.event && view.event !== shown) next((shown = view.event));
          if (view.isOver) complete();
        },
      });
      live.start();
      return {
        unsubscribe() {
          isStopped = true;
          live.stop();
        },
      };
    },
  };
}

/** GraphiQL notices a new document some time after it is in the editor, and sends the name of the one before until then. */
function operationOf({ query, variables, operationName }: FetcherParams): Operation {
  const isKnown = operationName && namesOf(query).includes(operationName);
  return { query, variables: variables as JsonObject | undefined, operationName: isKnown ? operationName : undefined };
}

function namesOf(query: string): (string | undefined)[] {
  try {
    return parse(query).definitions.map((node) => ('name' in node ? node.name?.value : undefined));
  } catch {
    return [];
  }
}

function send(operation: Operation | FetcherParams, headers: Record<string, string>): Promise<Response> {
  const { query, variables, operationName } = operation;
  return fetch(config.endpoint, {
    method: 'POST',
    headers: { accept: ACCEPT, 'content-type': 'application/json', ...headers },
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
