import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromFragment, toFragment } from '../drawing/share-link.js';

test('a link carries query and variables there and back', () => {
  const operation = { query: '{ coin(symbol: "Ł€😀") { symbol } }', variables: '{ "a": "+/=" }' };
  assert.deepEqual(fromFragment(toFragment(operation)), operation);
});

test('a link without variables has none', () => {
  assert.deepEqual(fromFragment(toFragment({ query: '{ __typename }', variables: ' ' })), {
    query: '{ __typename }',
    variables: '',
  });
});

test('a link consists of characters that every program leaves as they are', () => {
  assert.match(toFragment({ query: '{ a(b: "~~~???>>>") }', variables: '' }), /^#q=[\w-]+$/);
});

for (const fragment of ['', '#', '#q=', '#q=%%%', '#q=bm90IGpzb24', `#q=${btoa('{"query":1}')}`, '#other=1'])
  test(`nothing is read from ${fragment || 'an empty fragment'}`, () => assert.equal(fromFragment(fragment), null));
