/** From a response to what can be drawn of it. The shapes decide, no field is configured. */

import { categories } from './categories.js';
import { argumentValue, fieldsOf, readRequest } from './document.js';
import { events } from './events.js';
import { findSources } from './frames.js';
import { bookMap, cellMap, depth } from './heatmaps.js';
import { titleOf } from './names.js';
import { profiles } from './profiles.js';
import { rolesOf } from './roles.js';
import { groupedTimelines, timelines } from './timelines.js';
import { pathTitle, subjectOf } from './titles.js';

/** @import { Drawing, GraphQLResponse, Path, Request } from './types.js' */
/** @import { ReadRequest } from './document.js' */
/** @import { Frame, Source } from './frames.js' */
/** @import { Roles } from './roles.js' */

/**
 * What the response and the request say of a list.
 * @typedef {{ id: string, title: string, subject: string, field: string, unit: string | null, path: Path }} Naming
 * `field` is what the list is about, `subject` the same in words, `unit` the argument of that name.
 */

const MAX_GROUPS = 24;
const MAX_ITEMS = 4; // of a list, such as coins, whose own lists are drawn

/**
 * Return what to draw of a response, in its order; empty if it has no lists of figures.
 * @param {GraphQLResponse | null | undefined} response
 * @param {Request} [request]
 * @returns {Drawing[]}
 */
export function drawings(response, request) {
  const read = readRequest(request);
  const sources = findSources(response?.data, MAX_ITEMS);
  const drawn = sources.flatMap((source) => {
    const omitted = source.kind === 'list' ? source.frame.omitted : null;
    return drawSource(source, naming(source, read)).map((drawing) => ({ ...drawing, omitted: drawing.omitted ?? omitted }));
  });
  const maps = drawn.filter((drawing) => drawing.kind === 'heatmap' && drawing.price !== null);
  const overMaps = new Set(maps.map(({ path }) => [...path.slice(0, -1), 'candles'].join('.')));
  return drawn.filter(({ path }) => !overMaps.has(path.join('.')));
}

/**
 * @param {Source} source
 * @param {ReadRequest | null} read
 * @returns {Naming}
 */
function naming(source, read) {
  const { path, trail } = source.kind === 'list' ? source.frame : source;
  return {
    id: path.join('.'),
    title: pathTitle(path, trail, read),
    ...named(subjectOf(path, read)),
    unit: unitArgument(path, read),
    path,
  };
}

/** @param {string} field */
function named(field) {
  return { field, subject: titleOf(field) };
}

/**
 * @param {Path} path
 * @param {ReadRequest | null} read
 */
function unitArgument(path, read) {
  for (const { arguments: given } of fieldsOf(read, path).reverse()) {
    const argument = given.find(({ name }) => name === 'unit');
    const value = argument && read && argumentValue(read, argument);
    if (typeof value === 'string') return value;
  }
  return null;
}

/**
 * @param {Source} source
 * @param {Naming} naming
 * @returns {Drawing[]}
 */
function drawSource(source, naming) {
  if (source.kind === 'book') return present(depth(source.object, naming));
  const { frame } = source;
  const roles = rolesOf(frame);
  const cells = frame.columns.size > 0 ? cellMap(frame, naming) : null;
  if (cells) return [cells];
  const { times } = roles;
  if (times === null) return withoutTime(frame, roles, naming);
  return overTime(frame, { ...roles, times }, naming);
}

/**
 * @param {Frame} frame
 * @param {Roles} roles
 * @param {Naming} naming
 */
function withoutTime(frame, roles, naming) {
  const byPrice = profiles(frame, roles, naming);
  return byPrice.length > 0 ? byPrice : categories(frame, roles, naming);
}

/**
 * @param {Frame} frame
 * @param {Roles & { times: number[] }} roles
 * @param {Naming} naming
 * @returns {Drawing[]}
 */
function overTime(frame, roles, naming) {
  if (frame.nested.has('bids') && frame.nested.has('asks')) return books(frame, roles.times, naming);
  const levels = latestLevels(frame, roles.times, naming);
  if (levels.length > 0) return levels;
  const { times } = roles;
  const varying = [...roles.names.values()].filter((values) => new Set(values).size > 1);
  const isDistinct = new Set(times).size === times.length;
  if (isDistinct && (varying.length === 0 || isRegular(times))) {
    return times.length > 1 ? timelines(frame, roles, naming) : [];
  }
  const label = varying.find((values) => isOnGrid(values, times));
  if (label) return groupedTimelines(frame, roles, label, naming);
  return roles.figures.size > 0 ? present(events(frame, roles, naming)) : [];
}

/**
 * Say whether each label has one row at most times.
 * @param {string[]} labels
 * @param {number[]} times
 */
function isOnGrid(labels, times) {
  const [groups, moments] = [new Set(labels).size, new Set(times).size];
  const isOnce = new Set(labels.map((label, index) => `${times[index]} ${label}`)).size === times.length;
  return isOnce && groups <= MAX_GROUPS && moments > 1 && groups * moments <= times.length * 1.5;
}

/** @param {number[]} times */
function isRegular(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? 0));
  const median = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)];
  return gaps.length > 2 && gaps.filter((gap) => gap === median).length >= gaps.length * 0.6;
}

/**
 * Return the map of order books over time, and the newest of them.
 * @param {Frame} frame
 * @param {number[]} times
 * @param {Naming} naming
 */
function books(frame, times, naming) {
  const newest = times.indexOf(Math.max(...times));
  const sides = Object.fromEntries([...frame.nested].map(([side, rows]) => [side, rows[newest] ?? []]));
  const title = `${naming.title}: newest book`;
  return [
    ...present(bookMap(frame, times, naming)),
    ...present(depth({ ...sides, time: times[newest] ?? null }, { ...naming, title, id: `${naming.id}#depth` })),
  ];
}

/**
 * Return the newest row's levels by price, such as those of a footprint; empty if rows have none.
 * @param {Frame} frame
 * @param {number[]} times
 * @param {Naming} naming
 */
function latestLevels(frame, times, naming) {
  const newest = times.indexOf(Math.max(...times));
  for (const [name, rows] of frame.nested) {
    const list = rows[newest] ?? [];
    const hasPrice = list.some((level) => ['price', 'priceFrom'].some((field) => typeof level[field] === 'number'));
    const [source] = hasPrice ? findSources({ [name]: list }) : [];
    if (source?.kind !== 'list') continue;
    const inner = { ...source.frame, path: frame.path };
    const omitted = times.length > 1 ? `The newest of ${times.length} bars` : null;
    return profiles(inner, rolesOf(inner), naming).map((drawing) => ({ ...drawing, omitted }));
  }
  return [];
}

/**
 * @template T
 * @param {T | null} value
 * @returns {T[]}
 */
function present(value) {
  return value === null ? [] : [value];
}
