/** Placeholder of the charts. */

import { drawings } from '../../drawing/index.js';
import type { GraphQLResponse, Request } from '../../drawing/types';

export function ChartPanel({ response, document }: { response: GraphQLResponse; document: Request; theme: string }) {
  return (
    <ul>
      {drawings(response, document).map(({ id, title, kind }) => (
        <li key={id}>{`${title} (${kind})`}</li>
      ))}
    </ul>
  );
}
