import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { SNIPPETS } from '../src/snippets.js';

const OPEN = { url: 'http://127.0.0.1:8000/graphql', credentials: false };
const CLOSED = { ...OPEN, credentials: true };
const QUERY = 'query A($s: String!) {\n  coin(symbol: $s) { symbol } # it\'s `${a}` \\ """\n}';
const OPERATION = { query: QUERY, variables: { s: 'it\'s "BTC" \\ ' }, operationName: 'A' };

/** @param {string} name */
const write = (name, operation = /** @type {import('../drawing/types').Operation} */ (OPERATION), server = OPEN) =>
  SNIPPETS.find((snippet) => snippet.name === name)?.write(operation, server) ?? '';

test('the command for cURL sends the operation as it is', () => {
  const script = `curl() { for last; do :; done; printf %s "$last"; }\n${write('cURL')}`;
  assert.deepEqual(JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' })), OPERATION);
});

test('the program in Python sends the operation as it is', () => {
  const stub = 'import sys, types\nsent = types.SimpleNamespace(post=lambda url, json, **_: types.SimpleNamespace(json=lambda: __import__("json").dumps(json)))\nsys.modules["httpx"] = sent\n';
  const printed = execFileSync('python3', ['-c', stub + write('Python')], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(printed), OPERATION);
});

test('the program in TypeScript sends the operation as it is', async () => {
  /** @type {string[]} */
  const bodies = [];
  /** @param {string} _url @param {{ body: string }} options */
  const fetch = async (_url, { body }) => (bodies.push(body), { json: async () => ({}) });
  await new Function('fetch', `return (async () => { ${write('TypeScript')} })()`)(fetch);
  assert.deepEqual(JSON.parse(bodies[0] ?? ''), OPERATION);
});

for (const { name } of SNIPPETS) {
  test(`${name} leaves out what an operation does not have`, () => {
    const text = write(name, { query: '{ __typename }', variables: {}, operationName: '' });
    assert.doesNotMatch(text, /variables|operationName|import json|GRAPHQL_KEY/);
  });

  test(`${name} names a variable in place of credentials`, () => {
    assert.match(write(name, OPERATION, CLOSED), /GRAPHQL_KEY/);
  });
}
