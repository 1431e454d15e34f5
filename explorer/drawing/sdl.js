/** What a schema in SDL says of fields: their types and arguments. Enough to write a selection for a field. */

import { directives, readValue, typeText } from './document.js';
import { Cursor } from './lexer.js';

/** @typedef {{ name: string, type: string, isRequired: boolean }} ArgumentType */
/** @typedef {{ name: string, type: string, arguments: ArgumentType[] }} FieldType */
/** @typedef {{ kind: string, fields: Map<string, FieldType>, members: string[] }} TypeDefinition */
/** @typedef {Map<string, TypeDefinition>} Schema */

const ROWS = ['candles', 'bars', 'points', 'days'];

/**
 * @param {string} sdl
 * @returns {Schema | null} null for what is not SDL
 */
export function parseSchema(sdl) {
  try {
    return readSchema(new Cursor(sdl));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** @param {Cursor} cursor */
function readSchema(cursor) {
  /** @type {Schema} */
  const schema = new Map();
  while (cursor.next.kind !== 'end') {
    description(cursor);
    cursor.skip('extend');
    const kind = cursor.name();
    if (kind === 'directive' || kind === 'schema') skipDefinition(cursor, kind);
    else schema.set(cursor.name(), readType(cursor, kind));
  }
  return schema;
}

/** @param {Cursor} cursor */
function description(cursor) {
  while (cursor.next.kind === 'string') cursor.take();
}

/**
 * @param {Cursor} cursor
 * @param {string} kind
 */
function skipDefinition(cursor, kind) {
  if (kind === 'schema') {
    directives(cursor);
    while (!cursor.skip('}')) cursor.take();
    return;
  }
  cursor.expect('@');
  cursor.name();
  if (cursor.is('(')) argumentTypes(cursor);
  cursor.skip('repeatable');
  cursor.expect('on');
  cursor.skip('|');
  do cursor.name();
  while (cursor.skip('|'));
}

/**
 * @param {Cursor} cursor
 * @param {string} kind
 * @returns {TypeDefinition}
 */
function readType(cursor, kind) {
  /** @type {TypeDefinition} */
  const type = { kind, fields: new Map(), members: [] };
  if (cursor.skip('implements')) {
    cursor.skip('&');
    do cursor.name();
    while (cursor.skip('&'));
  }
  directives(cursor);
  if (kind === 'union' && cursor.skip('=')) {
    cursor.skip('|');
    do type.members.push(cursor.name());
    while (cursor.skip('|'));
  }
  if (cursor.skip('{')) while (!cursor.skip('}')) readField(cursor, kind, type);
  return type;
}

/**
 * @param {Cursor} cursor
 * @param {string} kind
 * @param {TypeDefinition} type
 */
function readField(cursor, kind, type) {
  description(cursor);
  const name = cursor.name();
  const list = cursor.is('(') ? argumentTypes(cursor) : [];
  if (kind !== 'enum') {
    cursor.expect(':');
    type.fields.set(name, { name, type: typeText(cursor), arguments: list });
    if (cursor.skip('=')) readValue(cursor);
  }
  directives(cursor);
}

/** @param {Cursor} cursor */
function argumentTypes(cursor) {
  /** @type {ArgumentType[]} */
  const list = [];
  cursor.expect('(');
  while (!cursor.skip(')')) {
    description(cursor);
    const name = cursor.name();
    cursor.expect(':');
    const type = typeText(cursor);
    const hasDefault = cursor.skip('=') && readValue(cursor) !== null;
    directives(cursor);
    list.push({ name, type, isRequired: type.endsWith('!') && !hasDefault });
  }
  return list;
}

/** @param {string} type */
export function namedType(type) {
  return type.replace(/[[\]!]/g, '');
}

/**
 * Return the type whose fields a chain of fields from the root selects in; null if the schema does not have it.
 * @param {Schema} schema
 * @param {string[]} names
 */
export function typeAt(schema, names) {
  let type = 'Query';
  for (const name of names) {
    const field = fieldIn(schema, type, name);
    if (!field) return null;
    type = namedType(field.type);
  }
  return type;
}

/**
 * Return a field of a type, or of the payload of a union.
 * @param {Schema} schema
 * @param {string} type
 * @param {string} name
 */
export function fieldIn(schema, type, name) {
  const definition = schema.get(type);
  const holder = definition?.kind === 'union' ? schema.get(definition.members[0] ?? '') : definition;
  return holder?.fields.get(name) ?? null;
}

/**
 * Write a selection of a field with its figures; null if it has arguments that `given` lacks.
 * @param {Schema} schema
 * @param {FieldType} field
 * @param {ReadonlyMap<string, { type: string, text: string }>} given texts of arguments
 */
export function selectionOf(schema, field, given) {
  /** @type {string[]} */
  const list = [];
  for (const { name, type, isRequired } of field.arguments) {
    const value = given.get(name);
    if (value && namedType(value.type) === namedType(type)) list.push(`${name}: ${value.text}`);
    else if (namedType(type) === 'Interval' && isRequired) list.push(`${name}: H4`);
    else if (name === 'last') list.push('last: 90');
    else if (isRequired) return null;
  }
  const head = list.length > 0 ? `${field.name}(${list.join(', ')})` : field.name;
  const result = schema.get(namedType(field.type));
  const payload = result?.kind === 'union' ? (result.members[0] ?? '') : namedType(field.type);
  const figures = figuresOf(schema, payload);
  if (figures === null) return null;
  return result?.kind === 'union'
    ? `${head} { __typename ... on ${payload} { ${figures} } ... on Problem { code message } }`
    : `${head} { ${figures} }`;
}

/**
 * Select the rows of a payload, or its values if it has none.
 * @param {Schema} schema
 * @param {string} payload
 */
function figuresOf(schema, payload) {
  const fields = [...(schema.get(payload)?.fields.values() ?? [])];
  const lists = fields.filter(({ name, type }) => type.startsWith('[') && name !== 'source' && leaves(schema, namedType(type)) !== '');
  const rows = lists.find(({ name }) => ROWS.includes(name)) ?? lists[0];
  if (rows) return `${rows.name} { ${leaves(schema, namedType(rows.type))} }`;
  const values = leaves(schema, payload);
  return values === '' ? null : values;
}

/**
 * Select the single values of a type, and those of its objects.
 * @param {Schema} schema
 * @param {string} type
 * @param {number} [depth]
 * @returns {string}
 */
function leaves(schema, type, depth = 1) {
  const parts = [...(schema.get(type)?.fields.values() ?? [])].map((field) => {
    if (field.arguments.length > 0 || field.type.startsWith('[') || field.name === 'source') return '';
    const kind = schema.get(namedType(field.type))?.kind ?? 'scalar';
    if (kind === 'scalar' || kind === 'enum') return field.name;
    const inner = kind === 'type' && depth > 0 ? leaves(schema, namedType(field.type), depth - 1) : '';
    return inner === '' ? '' : `${field.name} { ${inner} }`;
  });
  return parts.filter((part) => part !== '').join(' ');
}
