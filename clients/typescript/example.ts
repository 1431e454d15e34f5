// What a front end writes: a typed document, an answer whose parts are told apart by `__typename`.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { FundingDocument } from "./generated/graphql.js";

type Answer<Document> = Document extends TypedDocumentNode<infer Data, infer _Variables> ? Data : never;

export function newestFundingRate(answer: Answer<typeof FundingDocument>): number | string {
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
