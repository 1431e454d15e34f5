/** Programs that send an operation: for cURL, Python and TypeScript. */

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
  const lines = [
    `curl -s ${quoted(url)}`,
    "-H 'content-type: application/json'",
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
  const imports = [...(variables ? ['json'] : []), ...(credentials ? ['os'] : [])].map((name) => `import ${name}\n`);
  const headers = credentials ? '    headers={"authorization": f"Bearer {os.environ[\'GRAPHQL_KEY\']}"},\n' : '';
  return `${imports.join('')}${imports.length ? '\n' : ''}import httpx

QUERY = ${pythonText(operation.query)}

response = httpx.post(
    ${JSON.stringify(url)},
    json={${entries.join(', ')}},
${headers})
print(response.json())
`;
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
  const authorization = credentials ? ', authorization: `Bearer ${process.env.GRAPHQL_KEY}`' : '';
  return `const query = \`${operation.query.trim().replace(/[\\`]|\$\{/g, '\\$&')}\`;

const response = await fetch(${JSON.stringify(url)}, {
  method: 'POST',
  headers: { 'content-type': 'application/json'${authorization} },
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
