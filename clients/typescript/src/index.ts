/** Parts that need no library: reading results with typed problems, polling when figures expire, and subscriptions. */

export { addKeyFields } from "./documents.js";
export { SubscriptionError, type Refused } from "./event-source.js";
export { entities, possibleTypes } from "./generated/graph.js";
export {
  subscribe, type ConnectionState, type EventOf, type FiguresOf, type Live, type StatusOf, type SubscribeOptions, type TypedDocument,
} from "./live.js";
export { poll, pollDelay, type Poller, type PollOptions, type Polling } from "./poll.js";
export { isProblem, ProblemError, unwrap, unwrapOr, type Payload, type ProblemOf, type ProblemName, type Result } from "./results.js";
export { scalars, type Scalars } from "./scalars.js";
