// Audits the server by graphql-http's list of what the specification of GraphQL over HTTP demands.
// Fails on every MUST, SHOULD and MAY that the server does not fulfil.
import { serverAudits } from 'graphql-http';

const url = `${process.env.COINGLASS_URL}/graphql`;
const results = await Promise.all(serverAudits({ url, fetchFn: fetch }).map((audit) => audit.fn()));
const failed = results.filter((result) => result.status !== 'ok');
for (const { id, name, reason, response } of failed) {
  console.error(`${id} ${name}: ${reason} (status ${response.status})`);
}
console.log(`${results.length - failed.length} of ${results.length} audits pass`);
process.exitCode = results.length > 0 && failed.length === 0 ? 0 : 1;
