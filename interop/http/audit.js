// Audits the server at the address of the first argument by graphql-http's list of what GraphQL over HTTP demands.
// Fails on every MUST, SHOULD and MAY that the server does not fulfil.
import { serverAudits } from 'graphql-http';

const url = process.argv[2];
const results = await Promise.all(serverAudits({ url, fetchFn: fetch }).map((audit) => audit.fn()));
const failed = results.filter((result) => result.status !== 'ok');
for (const { id, name, reason, response } of failed) {
  console.error(`${id} ${name}: ${reason} (status ${response.status})`);
}
console.log(`${results.length - failed.length} of ${results.length} audits of graphql-http pass`);
process.exitCode = failed.length === 0 && results.length > 60 ? 0 : 1;
