/** Executable documents: which fields they select, and where each of them and its arguments are in the text. */

import { Cursor } from './lexer.js';

/** @import { Json, JsonObject, Operation, Path, Request } from './types.js' */

/**
 * @typedef {{ kind: 'variable' | 'string' | 'enum' | 'number' | 'boolean' | 'null' | 'list' | 'object', value: Json, start: number, end: number }} Value
 * `value` of a variable is its name.
 * @typedef {{ name: string, value: Value }} Argument
 * @typedef {{ kind: 'field', key: string, name: string, arguments: Argument[], headEnd: number, argumentsEnd: number | null, selections: Selection[], start: number, end: number }} Field
 * `headEnd` is the end of the name, `argumentsEnd` the place of the closing bracket.
 * @typedef {{ kind: 'fragment', on: string | null, selections: Selection[] } | { kind: 'spread', name: string }} Fragment
 * @typedef {Field | Fragment} Selection
 * @typedef {{ name: string, type: string, default: Value | null }} Variable
 * @typedef {{ name: string | null, type: string, variables: Variable[], selections: Selection[] }} OperationNode
 * @typedef {{ source: string, operations: OperationNode[], fragments: Map<string, Selection[]> }} Document
 */

/**
 * @param {string} source
 * @returns {Document}
 * @throws {SyntaxError} what is not GraphQL
 */
export function parseDocument(source) {
  const cursor = new Cursor(source);
  /** @type {Document} */
  const document = { source, operations: [], fragments: new Map() };
  while (cursor.next.kind !== 'end') definition(cursor, document);
  return document;
}

/**
 * @param {Cursor} cursor
 * @param {Document} document
 */
function definition(cursor, document) {
  if (cursor.is('{')) {
    document.operations.push({ name: null, type: 'query', variables: [], selections: selections(cursor) });
    return;
  }
  const type = cursor.name();
  if (type === 'fragment') {
    const name = cursor.name();
    cursor.expect('on');
    cursor.name();
    directives(cursor);
    document.fragments.set(name, selections(cursor));
    return;
  }
  const name = cursor.next.kind === 'name' ? cursor.name() : null;
  const declared = cursor.is('(') ? variables(cursor) : [];
  directives(cursor);
  document.operations.push({ name, type, variables: declared, selections: selections(cursor) });
}

/** @param {Cursor} cursor */
function variables(cursor) {
  /** @type {Variable[]} */
  const list = [];
  cursor.expect('(');
  while (!cursor.skip(')')) {
    cursor.expect('$');
    const name = cursor.name();
    cursor.expect(':');
    const type = typeText(cursor);
    const value = cursor.skip('=') ? readValue(cursor) : null;
    directives(cursor);
    list.push({ name, type, default: value });
  }
  return list;
}

/**
 * @param {Cursor} cursor
 * @returns {string}
 */
export function typeText(cursor) {
  let text;
  if (cursor.skip('[')) {
    text = `[${typeText(cursor)}]`;
    cursor.expect(']');
  } else text = cursor.name();
  return cursor.skip('!') ? `${text}!` : text;
}

/** @param {Cursor} cursor */
export function directives(cursor) {
  while (cursor.skip('@')) {
    cursor.name();
    if (cursor.is('(')) readArguments(cursor);
  }
}

/** @param {Cursor} cursor */
function readArguments(cursor) {
  /** @type {Argument[]} */
  const list = [];
  cursor.expect('(');
  while (!cursor.is(')')) {
    const name = cursor.name();
    cursor.expect(':');
    list.push({ name, value: readValue(cursor) });
  }
  const end = cursor.expect(')').start;
  return { list, end };
}

/**
 * @param {Cursor} cursor
 * @returns {Value}
 */
export function readValue(cursor) {
  const { start } = cursor.next;
  const [kind, value] = valueParts(cursor);
  return { kind, value, start, end: cursor.end };
}

/**
 * @param {Cursor} cursor
 * @returns {[Value['kind'], Json]}
 */
function valueParts(cursor) {
  if (cursor.skip('$')) return ['variable', cursor.name()];
  if (cursor.skip('[')) {
    /** @type {Json[]} */
    const items = [];
    while (!cursor.skip(']')) items.push(readValue(cursor).value);
    return ['list', items];
  }
  if (cursor.skip('{')) return ['object', objectValue(cursor)];
  const token = cursor.take();
  if (token.kind === 'number') return ['number', Number(token.text)];
  if (token.kind === 'string') return ['string', stringValue(token.text)];
  if (token.kind !== 'name') throw new SyntaxError(`Expected a value at ${token.start}`);
  if (token.text === 'true' || token.text === 'false') return ['boolean', token.text === 'true'];
  return token.text === 'null' ? ['null', null] : ['enum', token.text];
}

/** @param {Cursor} cursor */
function objectValue(cursor) {
  /** @type {JsonObject} */
  const object = {};
  while (!cursor.skip('}')) {
    const name = cursor.name();
    cursor.expect(':');
    object[name] = readValue(cursor).value;
  }
  return object;
}

/** @param {string} text */
function stringValue(text) {
  if (text.startsWith('"""')) return text.slice(3, -3).trim();
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}

/**
 * @param {Cursor} cursor
 * @returns {Selection[]}
 */
function selections(cursor) {
  /** @type {Selection[]} */
  const list = [];
  cursor.expect('{');
  while (!cursor.skip('}')) list.push(cursor.is('...') ? fragment(cursor) : field(cursor));
  return list;
}

/**
 * @param {Cursor} cursor
 * @returns {Fragment}
 */
function fragment(cursor) {
  cursor.expect('...');
  if (cursor.next.kind === 'name' && !cursor.is('on')) {
    const name = cursor.name();
    directives(cursor);
    return { kind: 'spread', name };
  }
  const on = cursor.skip('on') ? cursor.name() : null;
  directives(cursor);
  return { kind: 'fragment', on, selections: selections(cursor) };
}

/**
 * @param {Cursor} cursor
 * @returns {Field}
 */
function field(cursor) {
  const { start } = cursor.next;
  const first = cursor.name();
  const name = cursor.skip(':') ? cursor.name() : first;
  const headEnd = cursor.end;
  const read = cursor.is('(') ? readArguments(cursor) : null;
  directives(cursor);
  const inner = cursor.is('{') ? selections(cursor) : [];
  return {
    kind: 'field',
    key: first,
    name,
    arguments: read?.list ?? [],
    headEnd,
    argumentsEnd: read?.end ?? null,
    selections: inner,
    start,
    end: cursor.end,
  };
}

/**
 * A request whose document was read.
 * @typedef {{ document: Document, operation: OperationNode, variables: JsonObject }} ReadRequest
 */

/**
 * Read a request; null without one or if its document cannot be read.
 * @param {Request | undefined} request
 * @returns {ReadRequest | null}
 */
export function readRequest(request) {
  if (!request) return null;
  /** @type {Operation} */
  const { query, variables: given, operationName } = typeof request === 'string' ? { query: request } : request;
  try {
    const document = parseDocument(query);
    const operation = operationName ? document.operations.find(({ name }) => name === operationName) : document.operations[0];
    return operation ? { document, operation, variables: given ?? {} } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * Return the fields that lead to a path of the response, outermost first; empty if the document has no such path.
 * @param {ReadRequest | null} request
 * @param {Path} path
 */
export function fieldsOf(request, path) {
  if (!request) return [];
  const keys = /** @type {string[]} */ (path.filter((part) => typeof part === 'string'));
  return descend(request.document, request.operation.selections, keys) ?? [];
}

/**
 * @param {Document} document
 * @param {Selection[]} list
 * @param {string[]} keys
 * @param {readonly string[]} within names of the fragments around, which may not contain themselves
 * @returns {Field[] | null}
 */
function descend(document, list, keys, within = []) {
  const [key, ...rest] = keys;
  if (key === undefined) return [];
  for (const selection of list) {
    if (selection.kind === 'field') {
      const inner = selection.key === key ? descend(document, selection.selections, rest, within) : null;
      if (inner) return [selection, ...inner];
      continue;
    }
    const name = selection.kind === 'spread' ? selection.name : null;
    if (name !== null && within.includes(name)) continue;
    const selections = selection.kind === 'fragment' ? selection.selections : document.fragments.get(selection.name);
    const match = selections && descend(document, selections, keys, name === null ? within : [...within, name]);
    if (match) return match;
  }
  return null;
}

/**
 * Return the value of an argument; undefined if it is not given.
 * @param {ReadRequest} request
 * @param {Argument} argument
 * @returns {Json | undefined}
 */
export function argumentValue(request, { value }) {
  if (value.kind !== 'variable') return value.value;
  const name = String(value.value);
  return request.variables[name] ?? request.operation.variables.find((variable) => variable.name === name)?.default?.value;
}
