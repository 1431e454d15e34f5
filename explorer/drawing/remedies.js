/** Requests that answer where one did not: a permitted interval, a shorter window, a suggested name, another field. */

import { fieldsOf } from './document.js';
import { words } from './names.js';
import { remedy, withArgument, withField } from './rewrite.js';
import { fieldIn, selectionOf, typeAt } from './sdl.js';

/** @import { Json, JsonObject, Path, Remedy } from './types.js' */
/** @import { Field, ReadRequest } from './document.js' */
/** @import { Schema } from './sdl.js' */

const MAX_SUGGESTIONS = 3;

/**
 * @param {string} code
 * @param {JsonObject} facts of the problem, or extensions of the error
 * @param {Field | null} field
 * @param {Path} path
 * @param {ReadRequest} request
 * @param {() => Schema | null} schema
 * @returns {Remedy[]}
 */
export function remediesOf(code, facts, field, path, request, schema) {
  const again = facts['retryable'] === true ? [remedy('Run again', { query: request.document.source, variables: request.variables })] : [];
  if (!field) return again;
  switch (code) {
    case 'INTERVAL_TOO_FINE':
      return permittedInterval(facts, field, request);
    case 'HISTORY_TOO_DEEP':
      return [remedy('Run the part that the plan includes', withArgument(request, field, 'onPlanLimit', 'CLIP'))];
    case 'PLAN_REQUIRED':
      return otherFields(facts['alternatives'], path, request, schema);
    case 'BAD_USER_INPUT':
      return suggestions(facts, field, request);
    default:
      return again;
  }
}

/**
 * @param {JsonObject} facts
 * @param {Field} field
 * @param {ReadRequest} request
 */
function permittedInterval(facts, field, request) {
  const least = facts['minInterval'];
  if (typeof least === 'string') return [remedy(`Run with ${words(least.toLowerCase())}`, withArgument(request, field, 'interval', least))];
  if (least === null) return []; // CoinGlass refused what the catalogue includes
  return [remedy('Run with the finest interval of the plan', withArgument(request, field, 'onPlanLimit', 'COARSEN'))];
}

/**
 * @param {JsonObject} facts
 * @param {Field} field
 * @param {ReadRequest} request
 * @returns {Remedy[]}
 */
function suggestions(facts, field, request) {
  const { argument: name, suggestions: list } = facts;
  const argument = field.arguments.find((one) => one.name === name);
  if (!argument || argument.value.kind === 'list' || !Array.isArray(list)) return [];
  const values = list.filter((value) => typeof value === 'string').slice(0, MAX_SUGGESTIONS);
  return values.map((value) => remedy(`Run with ${value}`, withArgument(request, field, argument.name, value, 'string')));
}

/**
 * @param {Json | undefined} alternatives such as `Pair.liquidations`
 * @param {Path} path
 * @param {ReadRequest} request
 * @param {() => Schema | null} readSchema
 * @returns {Remedy[]}
 */
function otherFields(alternatives, path, request, readSchema) {
  const schema = Array.isArray(alternatives) && alternatives.length > 0 ? readSchema() : null;
  if (!schema) return [];
  const chain = fieldsOf(request, path);
  const field = chain.at(-1);
  const holder = typeAt(schema, chain.slice(0, -1).map(({ name }) => name));
  const own = field && holder ? fieldIn(schema, holder, field.name) : null;
  /** @type {Remedy[]} */
  const list = [];
  for (const alternative of Array.isArray(alternatives) ? alternatives : []) {
    const [type, name] = String(alternative).split('.');
    const other = type === holder && name ? fieldIn(schema, type, name) : null;
    if (!field || !own || !other) continue;
    const text = selectionOf(schema, other, givenArguments(field, own, request));
    if (text !== null) list.push(remedy(`Run ${String(alternative)} instead`, withField(request, field, aliasOf(field, other.name, request) + text)));
  }
  return list;
}

/**
 * Keep the alias of a field; another field of the same name gets one, so that both can be in the result.
 * @param {Field} field
 * @param {string} name
 * @param {ReadRequest} request
 */
function aliasOf(field, name, request) {
  if (field.key !== field.name) return `${field.key}: `;
  return new RegExp(`\\b${name}\\b`).test(request.document.source) ? `${name}Instead: ` : '';
}

/**
 * @param {Field} field
 * @param {import('./sdl.js').FieldType} type
 * @param {ReadRequest} request
 */
function givenArguments(field, type, request) {
  const { source } = request.document;
  return new Map(
    field.arguments.map(({ name, value }) => [
      name,
      { type: type.arguments.find((one) => one.name === name)?.type ?? '', text: source.slice(value.start, value.end) },
    ]),
  );
}
