/** Results of fields that CoinGlass answers: a payload, or a problem with a code. */

const PROBLEMS = ["PlanGated", "Unavailable", "InvalidInput"] as const;

/** The types of problems. */
export type ProblemName = (typeof PROBLEMS)[number];

/** What a result union is in TypeScript: `__typename` is selected, the rest is what the document selects. */
export type Result = { readonly __typename?: string | undefined };

/** The problems among the members of a result. */
export type ProblemOf<R> = Extract<R, { __typename?: ProblemName }>;

/** The payload among the members of a result. */
export type Payload<R> = Exclude<R, { __typename?: ProblemName } | null | undefined>;

/** Tell problems from payloads. Needs `__typename`, which Apollo Client selects by itself. */
export function isProblem<R extends Result>(result: R | null | undefined): result is ProblemOf<R> & R {
  return result != null && (PROBLEMS as readonly (string | undefined)[]).includes(result.__typename);
}

/** The exception that `unwrap` throws, with the selected fields of the problem. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  /** The problem as it was selected, or null if the result itself is missing. */
  readonly problem: unknown;
  /** The stable code, if it was selected. */
  readonly code: string | undefined;
  /** Seconds after which the request may succeed, if they are known and were selected. */
  readonly retryAfter: number | undefined;

  constructor(problem: unknown) {
    const fields = (problem ?? {}) as { __typename?: string; code?: string; message?: string; retryAfter?: number | null };
    super(fields.message ?? fields.code ?? fields.__typename ?? "There is no result: `errors` in the response says why.");
    this.problem = problem ?? null;
    this.code = fields.code;
    this.retryAfter = fields.retryAfter ?? undefined;
  }
}

/** Return the payload of a result, or throw its problem as `ProblemError`. */
export function unwrap<R extends Result>(result: R | null | undefined): Payload<R> {
  if (result == null || isProblem(result)) throw new ProblemError(result);
  return result as unknown as Payload<R>;
}

/** Return the payload of a result, or the other value. */
export function unwrapOr<R extends Result, T>(result: R | null | undefined, otherwise: T): Payload<R> | T {
  return result == null || isProblem(result) ? otherwise : (result as unknown as Payload<R>);
}
