/** Parts that need no library: reading results with typed problems, and polling when figures expire. */

export { addKeyFields } from "./documents.js";
export { entities, possibleTypes } from "./generated/graph.js";
export { poll, pollDelay, type Poller, type PollOptions, type Polling } from "./poll.js";
export { isProblem, ProblemError, unwrap, unwrapOr, type Payload, type ProblemOf, type ProblemName, type Result } from "./results.js";
export { scalars, type Scalars } from "./scalars.js";
