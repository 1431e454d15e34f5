/** Titles and units of fields, from their names: `changePercent.h24` is "Change 24h", in percent. */

/** @import { Json, Tone, Unit } from './types.js' */

const ACRONYMS = new Set(
  'usd etf rsi macd sopr oi id nav aum atr td m2 us url cik rhodl ahr999 pnl utc apr api ema ma btc eth'.split(' '),
);
const PERIOD = /^([mhdwy])(\d+)$/;
/** The end of a name that is its unit alone, which the axis states. */
const SUFFIX = /(Usd|Percent|Quantity)(?=\d|$)/;
/** @type {readonly [RegExp, Unit][]} */
const UNITS = [
  [/(?:^|[a-z\d])(?:usd|Usd|USD)(?:\d|$|Price)/, 'usd'],
  [/(?:^percent|Percent)(?:\d|$)/, 'percent'],
  [/^(?:cumulative)?fundingRate$/i, 'percent'],
  [/(?:^q|Q)uantity(?:\d|$)/, 'coins'],
  [/(?:^c|C)ount$|Trades$|^trades$/, 'count'],
  [/(?:^r|R)atio$/, 'ratio'],
];
/** @type {Record<string, Unit>} */
const STATED = {
  usd: 'usd',
  usdt: 'usd',
  percent: 'percent',
  coin: 'coins',
  coins: 'coins',
  quantity: 'coins',
  count: 'count',
  ratio: 'ratio',
};
/** @type {Record<Unit, string>} */
export const UNIT_TITLES = { usd: 'US dollars', percent: 'percent', coins: 'coins', count: 'count', ratio: 'ratio', number: '' };

const UP = /^(?:long|buy|bid|call|inflow|in$)/i;
const DOWN = /^(?:short|sell|ask|put|outflow|out$)/i;

/**
 * Return the last part of a dotted field.
 * @param {string} field
 */
export function leaf(field) {
  return field.slice(field.lastIndexOf('.') + 1);
}

/**
 * Return the unit that a field's name states, by its last part that states one.
 * @param {string} field
 * @returns {Unit}
 */
export function unitOf(field) {
  for (const part of field.split('.').reverse()) {
    const unit = UNITS.find(([pattern]) => pattern.test(part))?.[1];
    if (unit) return unit;
  }
  return 'number';
}

/**
 * Return the unit that an answer states, as `unit: USD`; null if it is none that is known here.
 * @param {Json | undefined} value
 * @returns {Unit | null}
 */
export function statedUnit(value) {
  return typeof value === 'string' ? (STATED[value.toLowerCase()] ?? null) : null;
}

/**
 * Return a field's name in words, without the unit unless it is all there is.
 * @param {string} field
 */
export function titleOf(field) {
  const all = field.split('.');
  const parts = all.length > 1 ? all.filter((part) => !/^by[A-Z]/.test(part)) : all;
  const texts = parts.map((part, index) => {
    const short = part.replace(SUFFIX, '');
    const isUnit = /^(?:usd|percent|quantity)$/.test(part);
    return isUnit && parts.length > 1 && index > 0 ? '' : words(short || part);
  });
  return capitalised(texts.filter((text) => text !== '').join(' '));
}

/** @param {string} name */
export function words(name) {
  const period = PERIOD.exec(name);
  if (period) return `${period[2]}${period[1]}`;
  if (/^[A-Z0-9_]+$/.test(name) && name.includes('_')) return name.toLowerCase().replaceAll('_', ' ');
  if (/^[A-Z0-9]+$/.test(name)) return name;
  const list = name
    .replaceAll('_', ' ')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([a-z])(\d+[hdwmy])(?= |$)|([a-z]{4,})(\d+)/g, '$1$3 $2$4')
    .split(' ');
  return list.map((word) => (ACRONYMS.has(word.toLowerCase()) ? word.toUpperCase() : word.toLowerCase())).join(' ');
}

/** @param {string} text */
export function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Say whether a field is the price beside the figures that an answer is about.
 * @param {string} field
 */
export function isContext(field) {
  return /^price(?:Usd)?$/.test(leaf(field));
}

/**
 * Return the side of a market that a name or value stands for.
 * @param {string} name
 * @returns {Tone}
 */
export function toneOf(name) {
  if (isContext(name)) return 'context';
  for (const part of name.split('.').reverse()) {
    if (UP.test(part)) return 'up';
    if (DOWN.test(part)) return 'down';
  }
  return null;
}
