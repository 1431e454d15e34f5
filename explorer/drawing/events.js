/** Single events over time, such as liquidation orders and transfers. */

import { axisOf } from './axes.js';
import { titleOf, toneOf, unitOf, words, capitalised } from './names.js';
import { mainFigure } from './profiles.js';

/** @import { EventPoint, EventsDrawing, Tone } from './types.js' */
/** @import { Frame } from './frames.js' */
/** @import { Roles } from './roles.js' */
/** @import { Naming } from './drawings.js' */

const GROUPS = ['side', 'action', 'direction', 'state', 'symbol', 'exchange', 'tag'];
const CODES = new Set(['symbol', 'exchange']); // whose values are names
const MAX_GROUPS = 8;
const MAX_LABEL = 40;

/**
 * @param {Frame} frame
 * @param {Roles & { times: number[] }} roles
 * @param {Naming} naming
 * @returns {EventsDrawing | null}
 */
export function events(frame, roles, naming) {
  const fields = heightAndSize(roles);
  const heights = fields && roles.figures.get(fields.height);
  if (!fields || !heights || frame.length < 2) return null;
  const sizes = fields.size === null ? null : roles.figures.get(fields.size);
  const group = GROUPS.find((field) => isGroup(roles.names.get(field)));
  /** @type {Map<string, EventPoint[]>} */
  const groups = new Map();
  heights.forEach((value, index) => {
    const name = group === undefined ? '' : (roles.names.get(group)?.[index] ?? '');
    const points = groups.get(name) ?? [];
    groups.set(name, points);
    const time = roles.times[index];
    if (value !== null && time !== undefined) points.push({ time, value, size: sizes?.[index] ?? null, label: labelOf(roles, index) });
  });
  return {
    kind: 'events',
    ...{ id: naming.id, title: naming.title, path: frame.path, omitted: null },
    groups: [...groups].map(([name, points]) => ({ name: nameOf(name, group, fields.height), tone: sideOf(name), points })),
    axes: [{ ...axisOf(unitOf(fields.height)), title: titleOf(fields.height) }],
    sizeUnit: fields.size === null ? null : unitOf(fields.size),
    sizeName: fields.size === null ? null : titleOf(fields.size),
  };
}

/**
 * Prices are the height if all rows are about one instrument.
 * @param {Roles} roles
 */
function heightAndSize(roles) {
  const isOneInstrument = new Set(roles.names.get('symbol') ?? []).size < 2;
  const size = mainFigure([...roles.figures.keys()].filter((field) => field !== 'price'));
  if (roles.figures.has('price') && isOneInstrument) return { height: 'price', size };
  return size === null ? null : { height: size, size: null };
}

/** @param {string[] | undefined} values */
function isGroup(values) {
  const distinct = new Set(values).size;
  return values !== undefined && distinct > 1 && distinct <= MAX_GROUPS;
}

/**
 * @param {string} name
 * @param {string | undefined} group
 * @param {string} height
 */
function nameOf(name, group, height) {
  if (name === '' || group === undefined) return titleOf(height);
  return CODES.has(group) ? name : capitalised(words(name.toLowerCase()));
}

/**
 * @param {string} name
 * @returns {Tone}
 */
function sideOf(name) {
  if (name === 'OPENED') return 'up';
  return name === 'CLOSED' ? 'down' : toneOf(name);
}

/**
 * @param {Roles} roles
 * @param {number} index
 */
function labelOf(roles, index) {
  const texts = [...roles.names.values()].map((values) => values[index] ?? '').filter((text) => text !== '' && text.length <= MAX_LABEL);
  return [...new Set(texts)].join(' ');
}
