/** Reads server-sent events out of the text of a response (WHATWG HTML, 9.2). */

/** @typedef {{ type: string, data: string }} ServerEvent */

export class EventReader {
  #buffer = '';
  #type = '';
  /** @type {string[]} */
  #data = [];

  /**
   * Return the events that a further piece of text completes.
   * @param {string} text
   * @returns {ServerEvent[]}
   */
  read(text) {
    this.#buffer += text;
    /** @type {ServerEvent[]} */
    const events = [];
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.#buffer); // a CR at the end may have its LF in the next piece
      if (end === null) return events;
      const event = this.#line(this.#buffer.slice(0, end.index));
      this.#buffer = this.#buffer.slice(end.index + end[0].length);
      if (event !== null) events.push(event);
    }
  }

  /**
   * @param {string} line
   * @returns {ServerEvent | null}
   */
  #line(line) {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.#type = value;
    else if (name === 'data') this.#data.push(value);
    return null;
  }

  #dispatch() {
    const event = this.#data.length > 0 ? { type: this.#type || 'message', data: this.#data.join('\n') } : null;
    this.#type = '';
    this.#data = [];
    return event;
  }
}
