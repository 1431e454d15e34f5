/** The tokens of GraphQL text, with their positions in it. */

/** @typedef {{ kind: 'punctuator' | 'name' | 'number' | 'string' | 'end', text: string, start: number, end: number }} Token */

const IGNORED = /(?:[\s,\uFEFF]|#[^\n\r]*)+/y;
const TOKEN =
  /(?<punctuator>\.\.\.|[!$&()=:@[\]{}|])|(?<name>[_A-Za-z]\w*)|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<string>"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\n\r])*")/y;

/**
 * @param {string} source
 * @returns {Token[]} ending in one of kind `end`
 */
export function tokens(source) {
  /** @type {Token[]} */
  const list = [];
  let position = skip(source, 0);
  while (position < source.length) {
    const token = tokenAt(source, position);
    list.push(token);
    position = skip(source, token.end);
  }
  list.push({ kind: 'end', text: '', start: position, end: position });
  return list;
}

/**
 * @param {string} source
 * @param {number} position
 */
function skip(source, position) {
  IGNORED.lastIndex = position;
  return IGNORED.test(source) ? IGNORED.lastIndex : position;
}

/**
 * @param {string} source
 * @param {number} position
 * @returns {Token}
 */
function tokenAt(source, position) {
  TOKEN.lastIndex = position;
  const groups = TOKEN.exec(source)?.groups;
  const kind = /** @type {const} */ (['punctuator', 'name', 'number', 'string']).find((name) => groups?.[name] !== undefined);
  const text = kind && groups?.[kind];
  if (!kind || text === undefined) throw new SyntaxError(`No token of GraphQL at ${position}`);
  return { kind, text, start: position, end: position + text.length };
}

/** Reads tokens one after the other. */
export class Cursor {
  /** @param {string} source */
  constructor(source) {
    this.list = tokens(source);
    this.index = 0;
  }

  /** @returns {Token} */
  get next() {
    return /** @type {Token} */ (this.list[Math.min(this.index, this.list.length - 1)]);
  }

  /** The end of what was read last. */
  get end() {
    return this.list[this.index - 1]?.end ?? 0;
  }

  take() {
    const token = this.next;
    this.index += 1;
    return token;
  }

  /** @param {string} text */
  is(text) {
    return this.next.kind !== 'string' && this.next.text === text;
  }

  /**
   * Take the token if it is the given one.
   * @param {string} text
   */
  skip(text) {
    const matches = this.is(text);
    if (matches) this.index += 1;
    return matches;
  }

  /** @param {string} text */
  expect(text) {
    if (!this.is(text)) throw new SyntaxError(`Expected ${text} at ${this.next.start}`);
    return this.take();
  }

  name() {
    if (this.next.kind !== 'name') throw new SyntaxError(`Expected a name at ${this.next.start}`);
    return this.take().text;
  }
}
