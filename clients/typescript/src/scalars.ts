/** The custom scalars of the graph as JSON carries them. */

/** The option `scalars` of graphql-codegen. */
export const scalars = {
  /** ISO 8601, UTC, ending in `Z`. */
  DateTime: "string",
  /** ISO 8601. */
  Date: "string",
  /** Milliseconds since 1970. */
  Timestamp: "number",
} as const;

export interface Scalars {
  DateTime: string;
  Date: string;
  Timestamp: number;
}
