/** Changed requests: another argument, or another field in the place of one. */

import { tokens } from './lexer.js';

/** @import { JsonObject, Remedy } from './types.js' */
/** @import { Field, ReadRequest } from './document.js' */

/** @typedef {{ query: string, variables: JsonObject }} Rewritten */

/**
 * Return the request with another value of a field's argument. A variable as its value changes instead.
 * @param {ReadRequest} request
 * @param {Field} field
 * @param {string} name
 * @param {string} value
 * @param {'enum' | 'string'} [kind] how to write the value if the argument is not given yet
 * @returns {Rewritten}
 */
export function withArgument(request, field, name, value, kind = 'enum') {
  const { source } = request.document;
  const literal = kind === 'string' ? JSON.stringify(value) : value;
  const argument = field.arguments.find((one) => one.name === name);
  if (argument?.value.kind === 'variable') {
    return { query: source, variables: { ...request.variables, [String(argument.value.value)]: value } };
  }
  if (argument) {
    const text = argument.value.kind === 'string' ? JSON.stringify(value) : literal;
    return { query: splice(source, argument.value.start, argument.value.end, text), variables: request.variables };
  }
  const end = field.argumentsEnd;
  const query = end === null ? splice(source, field.headEnd, field.headEnd, `(${name}: ${literal})`) : splice(source, end, end, `, ${name}: ${literal}`);
  return { query, variables: request.variables };
}

/**
 * Return the request with another text in the place of a field. Variables that nothing uses any more are left out.
 * @param {ReadRequest} request
 * @param {Field} field
 * @param {string} text
 * @returns {Rewritten}
 */
export function withField(request, field, text) {
  const query = withoutUnused(splice(request.document.source, field.start, field.end, text));
  const declared = declarations(query).map(({ name }) => name);
  return { query, variables: Object.fromEntries(Object.entries(request.variables).filter(([name]) => declared.includes(name))) };
}

/**
 * @param {string} source
 * @param {number} start
 * @param {number} end
 * @param {string} text
 */
function splice(source, start, end, text) {
  return source.slice(0, start) + text + source.slice(end);
}

/**
 * @param {string} source
 * @returns {string}
 */
function withoutUnused(source) {
  const used = usedVariables(source);
  const declared = declarations(source);
  const unused = declared.filter(({ name }) => !used.has(name));
  if (unused.length === declared.length && declared.length > 0) return withoutList(source);
  return unused.reverse().reduce((text, { start, end }) => splice(text, start, end, ''), source);
}

/**
 * Remove the variables of an operation together with their brackets.
 * @param {string} source
 */
function withoutList(source) {
  const [first] = declarations(source);
  const start = source.lastIndexOf('(', first?.start);
  const list = tokens(source);
  let depth = 0;
  for (const token of list.slice(list.findIndex((one) => one.start === start))) {
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (depth === 0) return splice(source, start, token.end, '');
  }
  return source;
}

/** @param {string} source */
function usedVariables(source) {
  const list = tokens(source);
  return new Set(list.filter((_, index) => list[index - 1]?.text === '$' && list[index + 1]?.text !== ':').map(({ text }) => text));
}

/**
 * Return where each variable is declared, up to the next one or the end of the list.
 * @param {string} source
 */
function declarations(source) {
  const list = tokens(source);
  const starts = [...list.keys()].filter((index) => list[index]?.text === '$' && list[index + 2]?.text === ':');
  return starts.map((at, position) => {
    const next = starts[position + 1] ?? closing(list, at);
    return { name: list[at + 1]?.text ?? '', start: list[at]?.start ?? 0, end: list[next]?.start ?? 0 };
  });
}

/**
 * Return the index of the bracket that ends the list with a token.
 * @param {import('./lexer.js').Token[]} list
 * @param {number} from
 */
function closing(list, from) {
  let depth = 0;
  for (let index = from; index < list.length; index += 1) {
    if (list[index]?.text === '(') depth += 1;
    if (list[index]?.text === ')' && (depth -= 1) < 0) return index;
  }
  return list.length - 1;
}

/**
 * @param {string} label
 * @param {Rewritten} rewritten
 * @returns {Remedy}
 */
export function remedy(label, rewritten) {
  return { label, ...rewritten };
}
