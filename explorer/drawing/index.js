/**
 * From any GraphQL response to what a page shows of it: drawings, tables and problems. Nothing here touches the DOM.
 *
 * - `drawings(response, request?)`: what to draw, in the order of the response.
 * - `problems(response, request?, sdl?)`: what is missing, stale or odd, with requests that answer instead.
 * - `tables(response, request?)`: each list as a table, and single figures as one more.
 * - `sorted(table, column, descending)`, `toCsv(table)`, `toJson(table)`, `tableOf(drawing)`.
 * - `fileName(title)`: what a file with the title is called, without its suffix.
 * - `overlay(drawings)`: several drawings over time as one.
 * - `formatNumber`, `formatTime`, `formatClock`: figures as both pages write them.
 *
 * `request` is the document or `{ query, variables, operationName }`; types are in `types.ts`.
 */

export { drawings } from './drawings.js';
export { overlay } from './overlay.js';
export { problems } from './problems.js';
export { sorted, tableOf, tables } from './tables.js';
export { fileName, toCsv, toJson } from './export.js';
export { formatClock, formatNumber, formatTime } from './format.js';
