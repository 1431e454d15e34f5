/** Links that carry an operation in the fragment of the address, which browsers do not send to any server. */

const PREFIX = '#q=';

/**
 * @typedef {object} SharedOperation
 * @property {string} query
 * @property {string} variables JSON text, empty without variables.
 */

/**
 * Return the fragment for an operation.
 *
 * @param {SharedOperation} operation
 * @returns {string}
 */
export function toFragment({ query, variables }) {
  const bytes = new TextEncoder().encode(JSON.stringify(variables.trim() ? { query, variables } : { query }));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return PREFIX + btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * Return the operation of a fragment, or null if it has none that can be read.
 *
 * @param {string} fragment
 * @returns {SharedOperation | null}
 */
export function fromFragment(fragment) {
  if (!fragment.startsWith(PREFIX)) return null;
  try {
    const binary = atob(fragment.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const { query, variables = '' } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof query === 'string' && typeof variables === 'string' ? { query, variables } : null;
  } catch {
    return null;
  }
}
