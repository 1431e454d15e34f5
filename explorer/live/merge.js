/** What a client has after each update of a subscription. Uses no other module, so that any client can take it. */

/** @typedef {{ [name: string]: unknown }} Fields */
/** @typedef {{ [name: string]: unknown[] }} Columns */

/** What tells rows apart, by the names that the query selects, the best first. */
const KEYS = [['timestamp'], ['time'], ['exchange', 'symbol'], ['symbol'], ['ticker'], ['exchange']];
const TIMES = ['timestamp', 'time'];

/**
 * Return a payload with the rows that are new or have changed, and the fields whose rows lack what tells them apart, so
 * that changes of them are left out. Rows with a time stay in the order of time.
 *
 * Changes state `count`, `from`, `to` and `latest` of their own rows; they become those of all rows.
 * @template {object} Payload
 * @param {Payload} payload
 * @param {Payload} changes
 * @returns {{ payload: Payload, unmerged: string[] }}
 */
export function withChanges(payload, changes) {
  const [own, merged] = [/** @type {Fields} */ (payload), /** @type {Fields} */ ({ ...payload, ...changes })];
  /** @type {string[]} */
  const unmerged = [];
  /** @type {number | null} */
  let count = null;
  for (const [name, change] of Object.entries(changes)) {
    const before = own[name];
    if (name === 'source') continue; // of the last answer
    if (isRows(before) && isRows(change)) {
      const rows = mergedRows(before, change);
      merged[name] = rows ?? before;
      if (rows === null && change.length > 0) unmerged.push(name);
      count = rows?.length ?? count;
    } else if (isColumns(before) && isColumns(change)) {
      const columns = mergedColumns(before, change);
      merged[name] = columns ?? before;
      if (columns === null) unmerged.push(name);
      count = columns === null ? count : lengthOf(columns);
    } else if (name === 'latest') merged[name] = later(before, change);
    else if (name === 'from') merged[name] = outermost(before, change, -1);
    else if (name === 'to') merged[name] = outermost(before, change, 1);
  }
  if (count !== null && 'count' in changes) merged['count'] = count;
  return { payload: /** @type {Payload} */ (merged), unmerged };
}

/**
 * Return a payload with events before those that it has, so that the newest are first. Only the newest are kept.
 * @template {object} Payload
 * @param {Payload | null} payload
 * @param {Payload} events
 * @param {number} most rows of each list
 * @returns {Payload}
 */
export function withEvents(payload, events, most) {
  const own = /** @type {Fields} */ (payload ?? {});
  const entries = Object.entries(events).map(([name, list]) => {
    const before = own[name];
    return [name, isRows(list) ? [...list.toReversed(), ...(isRows(before) ? before : [])].slice(0, most) : list];
  });
  return /** @type {Payload} */ (Object.fromEntries(entries));
}

/**
 * @param {unknown} value
 * @returns {value is Fields}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {value is Fields[]}
 */
function isRows(value) {
  return Array.isArray(value) && value.every(isObject);
}

/**
 * Say whether an object has lists of one length, as `columns` has.
 * @param {unknown} value
 * @returns {value is Columns}
 */
function isColumns(value) {
  if (!isObject(value)) return false;
  const lists = Object.entries(value).filter(([name]) => name !== '__typename').map(([, list]) => list);
  return lists.length > 0 && lists.every((list) => Array.isArray(list) && list.length === lengthOf(value));
}

/** @param {Fields} columns */
function lengthOf(columns) {
  const first = Object.values(columns).find(Array.isArray);
  return first?.length ?? 0;
}

/**
 * @param {Fields[]} before
 * @param {Fields[]} changes
 * @returns {Fields[] | null} null if the rows cannot be told apart
 */
function mergedRows(before, changes) {
  const names = KEYS.find((key) => [...before, ...changes].every((row) => key.every((name) => isName(row[name]))));
  if (names === undefined) return null;
  const [name = '', ...others] = names;
  const keyOf = (/** @type {Fields} */ row) => (others.length > 0 ? JSON.stringify(names.map((one) => row[one])) : row[name]);
  const rows = new Map(before.map((row) => [keyOf(row), row]));
  if (rows.size < before.length) return null;
  for (const row of changes) rows.set(keyOf(row), row);
  const list = [...rows.values()];
  return TIMES.includes(name) ? list.sort((a, b) => compared(a[name], b[name])) : list;
}

/** @param {unknown} value */
function isName(value) {
  return typeof value === 'string' || typeof value === 'number';
}

/**
 * @param {Columns} before
 * @param {Columns} changes
 * @returns {Columns | null} null if the columns have no times
 */
function mergedColumns(before, changes) {
  const name = TIMES.find((time) => time in changes && time in before);
  if (name === undefined) return null;
  const times = [...(before[name] ?? []), ...(changes[name] ?? [])];
  const newest = new Map(times.map((time, index) => [time, index])); // of equal times the last one
  const order = [...newest.keys()].sort(compared).map((time) => newest.get(time) ?? 0);
  const entries = Object.entries(changes).map(([column, list]) => {
    if (!Array.isArray(list)) return [column, list];
    const all = [...(before[column] ?? []), ...list];
    return [column, order.map((index) => all[index] ?? null)];
  });
  return Object.fromEntries(entries);
}

/**
 * Order times, which are numbers or texts of one form.
 * @param {unknown} a
 * @param {unknown} b
 */
function compared(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Date.parse(String(a)) - Date.parse(String(b));
}

/**
 * Return the later of two rows; of rows without times the second.
 * @param {unknown} before
 * @param {unknown} change
 */
function later(before, change) {
  if (!isObject(before) || !isObject(change)) return change ?? before;
  const name = TIMES.find((time) => isName(before[time]) && isName(change[time]));
  return name !== undefined && compared(before[name], change[name]) > 0 ? before : change;
}

/**
 * Return the first or the last of two times.
 * @param {unknown} before
 * @param {unknown} change
 * @param {-1 | 1} side
 */
function outermost(before, change, side) {
  if (!isName(before) || !isName(change)) return change ?? before;
  return compared(before, change) * side > 0 ? before : change;
}
