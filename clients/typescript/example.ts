// What a front end writes: a typed document, an answer whose parts are told apart by `__typename`.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { isProblem, unwrap } from "coinglass-graphql-client";
import type { Plan } from "coinglass-graphql-client/schema";
import { FundingDocument } from "./generated/graphql.js";

type Answer<Document> = Document extends TypedDocumentNode<infer Data, infer _Variables> ? Data : never;
type FundingAnswer = Answer<typeof FundingDocument>;

export function newestFundingRate(answer: FundingAnswer): number | string {
  const part = answer.pair?.fundingRate;
  switch (part?.__typename) {
    case "FundingSeries":
      return part.latest?.close ?? "no points";
    case "PlanGated":
    case "Unavailable":
    case "InvalidInput":
      return `${part.code}: ${part.message}`;
    case undefined:
      return "no such pair";
  }
}

/** `unwrap` leaves the payload alone in the type, `isProblem` the problems. */
export function closes(answer: FundingAnswer): readonly (number | null)[] {
  const part = answer.pair?.fundingRate;
  if (isProblem(part)) throw new Error(part.code);
  return unwrap(answer.pair?.fundingRate).columns.close;
}

export const plan: Plan = "PROFESSIONAL";
