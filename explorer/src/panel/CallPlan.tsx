/** What a dry run reports: the calls that the operation would send, and what the plan refuses. */

import type { GraphQLResponse } from '../../drawing/types';

interface PlannedCall {
  endpoint: string;
  parameters: Record<string, unknown>;
  status: string;
}

interface Refusal {
  endpoint: string;
  code: string;
  message: string;
}

export interface Plan {
  estimate: { [name: string]: number } | null;
  complete: boolean;
  callsToFetch: number;
  callsToRefresh: number;
  quota: { limit: number; remaining: number };
  calls: PlannedCall[];
  refused: Refusal[];
}

export function planOf(response: GraphQLResponse): Plan | null {
  return (response.extensions?.plan as unknown as Plan | undefined) ?? null;
}

export function CallPlan({ plan }: { plan: Plan }) {
  const { limit, remaining } = plan.quota;
  return (
    <div className="xp-plan">
      <p>
        {`Would send ${plan.callsToFetch} of the ${remaining.toLocaleString('en')} requests that are left of `}
        {`${limit.toLocaleString('en')} in this minute${plan.complete ? '' : ', and more that depend on their answers'}.`}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Endpoint</th>
            <th scope="col">Parameters</th>
            <th scope="col">Cache</th>
          </tr>
        </thead>
        <tbody>
          {plan.calls.map(({ endpoint, parameters, status }) => (
            <tr key={endpoint + JSON.stringify(parameters)}>
              <td>{endpoint}</td>
              <td>{parametersText(parameters)}</td>
              <td>{status}</td>
            </tr>
          ))}
          {plan.refused.map(({ endpoint, code, message }) => (
            <tr key={endpoint + message}>
              <td>{endpoint}</td>
              <td>{message}</td>
              <td>{code}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function parametersText(parameters: Record<string, unknown>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
