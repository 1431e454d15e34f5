/** What is missing, stale or odd in an answer, with requests that answer instead. */

import type { Problem, Remedy } from '../../drawing/types';

interface Props {
  problems: Problem[];
  onRemedy: (remedy: Remedy) => void;
}

export function Problems({ problems, onRemedy }: Props) {
  if (problems.length === 0) return <p className="xp-empty">Every part of the answer is complete.</p>;
  return (
    <ul className="xp-problems">
      {problems.map((problem) => (
        <li key={`${problem.path.join('.')} ${problem.code} ${problem.message}`} data-kind={problem.kind}>
          <h3>
            {problem.title} <code>{problem.code}</code>
          </h3>
          {problem.field && <p className="xp-where">{problem.field}</p>}
          <p>{problem.message}</p>
          {problem.details.length > 0 && <Details details={problem.details} />}
          {problem.remedies.length > 0 && (
            <p className="xp-buttons">
              {problem.remedies.map((remedy) => (
                <button key={remedy.label} type="button" onClick={() => onRemedy(remedy)}>
                  {remedy.label}
                </button>
              ))}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function Details({ details }: { details: Problem['details'] }) {
  return (
    <dl>
      {details.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
