/** Programs that send an operation, or receive the events of a subscription: for cURL, Python and TypeScript. */

import { isSubscription } from '../live/live.js';

/** @typedef {import('../drawing/types').Operation} Operation */

/**
 * @typedef {object} Server
 * @property {string} url
 * @property {boolean} credentials Whether callers need any. A snippet names a variable in their place.
 */

/** @type {{ name: string, write: (operation: Operation, server: Server) => string }[]} */
export const SNIPPETS = [
  { name: 'cURL', write: curl },
  { name: 'Python', write: python },
  { name: 'TypeScript', write: typescript },
];

/**
 * @param {Operation} operation
 * @param {Server} server
 */
function curl(operation, { url, credentials }) {
  const isLive = isSubscription(operation);
  const lines = [
    `curl -s${isLive ? 'N' : ''} ${quoted(url)}`,
    "-H 'content-type: application/json'",
    ...(isLive ? ["-H 'accept: text/event-stream'"] : []),
    ...(credentials ? ['-H "authorization: Bearer $GRAPHQL_KEY"'] : []),
    `-d ${quoted(JSON.stringify(body(operation)))}`,
  ];
  return `${lines.join(' \\\n  ')}\n`;
}

/**
 * @param {Operation} operation
 * @param {Server} server
 */
function python(operation, { url, credentials }) {
  const { variables, operationName } = body(operation);
  const entries = [
    '"query": QUERY',
    ...(variables ? [`"variables": json.loads(${pythonText(JSON.stringify(variables))})`] : []),
    ...(operationName ? [`"operationName": ${JSON.stringify(operationName)}`] : []),
  ];
  const isLive = isSubscription(operation);
  const imports = [...(variables || isLive ? ['json'] : []), ...(credentials ? ['os'] : [])].map((name) => `import ${name}\n`);
  const headers = [
    ...(isLive ? ['"accept": "text/event-stream"'] : []),
    ...(credentials ? ['"authorization": f"Bearer {os.environ[\'GRAPHQL_KEY\']}"'] : []),
  ];
  const request = `    ${JSON.stringify(url)},
    json={${entries.join(', ')}},
${headers.length > 0 ? `    headers={${headers.join(', ')}},\n` : ''}`;
  const send = isLive
    ? `with httpx.stream(
    "POST",
${request}    timeout=60,
) as response:
    for line in response.iter_lines():
        if line.startswith("data: {"):
            print(json.loads(line.removeprefix("data: ")))
`
    : `response = httpx.post(
${request})
print(response.json())
`;
  return `${imports.join('')}${imports.length ? '\n' : ''}import httpx

QUERY = ${pythonText(operation.query)}

${send}`;
}

/**
 * @param {Operation} operation
 * @param {Server} server
 */
function typescript(operation, { url, credentials }) {
  const { variables, operationName } = body(operation);
  const entries = [
    'query',
    ...(variables ? [`variables: ${JSON.stringify(variables)}`] : []),
    ...(operationName ? [`operationName: ${JSON.stringify(operationName)}`] : []),
  ];
  const query = `const query = \`${operation.query.trim().replace(/[\\`]|\$\{/g, '\\$&')}\`;\n\n`;
  const authorization = credentials ? 'authorization: `Bearer ${process.env.GRAPHQL_KEY}`' : '';
  if (isSubscription(operation)) {
    const headers = authorization ? `, headers: { ${authorization} }` : '';
    return `import { createClient } from 'graphql-sse';

${query}const client = createClient({ url: ${JSON.stringify(url)}${headers} });
for await (const event of client.iterate({ ${entries.join(', ')} })) console.log(event);
`;
  }
  return `${query}const response = await fetch(${JSON.stringify(url)}, {
  method: 'POST',
  headers: { 'content-type': 'application/json'${authorization && `, ${authorization}`} },
  body: JSON.stringify({ ${entries.join(', ')} }),
});
const { data, errors } = await response.json();
`;
}

/**
 * Return the operation without the members that it can do without.
 *
 * @param {Operation} operation
 * @returns {{ query: string, variables?: object, operationName?: string }}
 */
function body({ query, variables, operationName }) {
  return {
    query: query.trim(),
    ...(variables && Object.keys(variables).length > 0 && { variables }),
    ...(operationName && { operationName }),
  };
}

/**
 * Quote for a shell.
 *
 * @param {string} text
 */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Write a string of Python over several lines.
 *
 * @param {string} text
 */
const pythonText = (text) => `"""${text.trim().replaceAll('\\', '\\\\').replaceAll('"""', '\\"\\"\\"')}"""`;
