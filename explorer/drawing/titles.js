/** What a path of a response is about, in words: `Binance BTC/USDT · Funding rate 8h`. */

import { argumentValue, fieldsOf } from './document.js';
import { capitalised, words } from './names.js';

/** @import { Path } from './types.js' */
/** @import { Field, ReadRequest } from './document.js' */

/** Parts of a path that say nothing. */
const WRAPPERS = new Set(['columns', 'data', 'nodes', 'edges', 'latest', 'node']);
const LISTS = new Set(
  'points bars candles columns data nodes edges days cells rows items levels buckets snapshots latest coins exchanges orders alerts events figures articles flashes transfers positions tickers tiers trades expiries funds holdings indicators opportunities'.split(' '),
);
const IDENTITY = ['exchange', 'symbol', 'name', 'asset', 'coin', 'ticker'];
/** Fields that their arguments identify. @type {Record<string, string>} */
const ENTITIES = { pair: '', coin: '', exchange: '', spotPair: 'Spot' };
const SPAN = /^([MHDWY])(\d+)$/;

/**
 * @param {Path} path
 * @param {readonly string[]} trail
 * @param {ReadRequest | null} request
 */
export function pathTitle(path, trail, request) {
  const keys = /** @type {string[]} */ (path.filter((part) => typeof part === 'string'));
  const fields = fieldsOf(request, path);
  const isWrapper = (/** @type {string} */ key, /** @type {number} */ index) =>
    WRAPPERS.has(key) || (LISTS.has(key) && (index === keys.length - 1 || trail.length > 0));
  const shown = keys.filter((key, index) => index === 0 || !isWrapper(key, index));
  const parts = shown.map((key) => {
    const field = fields[keys.indexOf(key)];
    return field && request ? fieldTitle(field, request) : words(key);
  });
  const named = trail.length > 0 ? [...trail, ...parts.slice(1)] : parts;
  const texts = named.filter((part) => part !== '').map(capitalised);
  return texts.filter((text, index) => text !== texts[index - 1]).join(' · ');
}

/**
 * Return the field that says what the list at a path is about, such as `fundingRate`.
 * @param {Path} path
 * @param {ReadRequest | null} request
 */
export function subjectOf(path, request) {
  const keys = /** @type {string[]} */ (path.filter((part) => typeof part === 'string'));
  const index = keys.findLastIndex((key) => !LISTS.has(key));
  return fieldsOf(request, path)[index]?.name ?? keys[index] ?? 'value';
}

/**
 * @param {Field} field
 * @param {ReadRequest} request
 */
function fieldTitle(field, request) {
  const given = (/** @type {string} */ name) => {
    const argument = field.arguments.find((one) => one.name === name);
    const value = argument && argumentValue(request, argument);
    return typeof value === 'string' ? value : '';
  };
  const identity = IDENTITY.map(given).filter((text) => text !== '').map(idText).join(' ');
  const span = [given('interval'), given('range')].filter((text) => text !== '').map(spanText).join(' ');
  const alias = field.key !== field.name && identity === '' ? `(${words(field.key)})` : '';
  const name = identity === '' ? words(field.name) : (ENTITIES[field.name] ?? words(field.name));
  return [name, identity, alias, span].filter((text) => text !== '').join(' ');
}

/**
 * Enum values such as `HONG_KONG_BITCOIN` are read as words, codes as they are.
 * @param {string} text
 */
function idText(text) {
  return text.includes('_') && text === text.toUpperCase() ? words(text) : text;
}

/** @param {string} text */
function spanText(text) {
  const parts = SPAN.exec(text);
  return parts ? `${parts[2]}${(parts[1] ?? '').toLowerCase()}` : text.toLowerCase();
}
