/** A chart with its heading, legend and buttons. */

import { fileName, formatNumber, tableOf, toCsv, toJson } from '../drawing/index.js';
import { categoryHeight, paintCategories } from './category-chart.js';
import { button, download, element } from './elements.js';
import { paintEvents } from './events-chart.js';
import { paintHeatmap, rampColor } from './heatmap-chart.js';
import { paintDepth, paintProfile } from './price-chart.js';
import { surface, themeOf } from './surface.js';
import { paintTime } from './time-chart.js';

/** @import { Drawing } from '../drawing/types.js' */
/** @import { Paint, Reading, Surface } from './surface.js' */
/** @import { Options } from './time-chart.js' */

/**
 * `update` shows the figures of another drawing; it returns false for one that needs a chart of its own.
 * @typedef {{ element: HTMLElement, update: (drawing: Drawing) => boolean, redraw: () => void, destroy: () => void }} Chart
 */

const HEIGHT = 320;
const SCALES = /** @type {const} */ (['linear', 'log', 'percent']);
const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {Drawing} first
 * @param {boolean} isLive whether others follow, which are not to be read out
 * @returns {Chart}
 */
export function chart(first, isLive) {
  /** @type {Options} */
  const options = { scale: 'linear' };
  const shown = { drawing: first };
  const legend = element('ul', { class: 'legend', 'aria-live': isLive ? 'off' : 'polite' });
  const plot = surface(labelOf(first), heightOf(first), painter(shown, options), (reading) => showLegend(legend, reading));
  plot.canvas.dataset['kind'] = first.kind;
  if ('form' in first) plot.canvas.dataset['form'] = first.form;
  const head = element('div', { class: 'chart-head' }, [
    element('h2', {}, [first.title]),
    element('div', { class: 'buttons' }, [...scaleChoice(first, options, plot), ...exports(shown, plot)]),
  ]);
  const figure = element('figure', { class: 'chart' }, [head, legend, plot.element, foot(first)]);
  const update = (/** @type {Drawing} */ drawing) => {
    if (layoutOf(drawing) !== layoutOf(shown.drawing)) return false;
    shown.drawing = drawing;
    plot.canvas.setAttribute('aria-label', labelOf(drawing));
    figure.lastChild?.replaceWith(foot(drawing));
    plot.redraw();
    return true;
  };
  return { element: figure, update, redraw: plot.redraw, destroy: plot.destroy };
}

/** @param {Drawing} drawing */
function heightOf(drawing) {
  return drawing.kind === 'categories' ? categoryHeight(drawing) : HEIGHT;
}

/**
 * Return what a chart is made for.
 * @param {Drawing} drawing
 */
function layoutOf(drawing) {
  return [drawing.id, drawing.title, drawing.kind, 'form' in drawing ? drawing.form : '', heightOf(drawing)].join(' ');
}

/**
 * @param {{ drawing: Drawing }} shown
 * @param {Options} options
 * @returns {Paint}
 */
function painter(shown, options) {
  return (context, width, height, theme) => {
    const { drawing } = shown;
    switch (drawing.kind) {
      case 'time':
        return paintTime(context, width, height, theme, drawing, options);
      case 'heatmap':
        return paintHeatmap(context, width, height, theme, drawing);
      case 'depth':
        return paintDepth(context, width, height, theme, drawing);
      case 'profile':
        return paintProfile(context, width, height, theme, drawing);
      case 'events':
        return paintEvents(context, width, height, theme, drawing);
      case 'categories':
        return paintCategories(context, width, height, theme, drawing);
    }
  };
}

/**
 * Describe a chart to those who do not see it.
 * @param {Drawing} drawing
 */
function labelOf(drawing) {
  const count = tableOf(drawing).rows.length;
  const names = 'series' in drawing ? drawing.series.map(({ name }) => name) : [];
  const parts = [`${'form' in drawing ? `${drawing.form} ` : ''}chart (${drawing.kind})`, `${count} rows`, ...names.slice(0, 8)];
  return `${drawing.title}: ${parts.join(', ')}. The arrow keys move the crosshair.`;
}

/**
 * @param {HTMLUListElement} legend
 * @param {Reading | null} reading
 */
function showLegend(legend, reading) {
  if (!reading) {
    legend.replaceChildren();
    return;
  }
  const rows = reading.rows.map(({ name, color, text }) => element('li', {}, [...swatch(color), `${name} `, element('strong', {}, [text])]));
  legend.replaceChildren(element('li', { class: 'moment' }, [reading.title]), ...rows);
}

/**
 * Colours are attributes of SVG, since the policy of the page allows no inline styles.
 * @param {string} color
 */
function swatch(color) {
  if (color === '') return [];
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 10 10');
  svg.setAttribute('aria-hidden', 'true');
  const square = document.createElementNS(SVG, 'rect');
  for (const [name, value] of Object.entries({ width: '10', height: '10', rx: '2', fill: color })) square.setAttribute(name, value);
  svg.append(square);
  return [svg];
}

/**
 * @param {Drawing} drawing
 * @param {Options} options
 * @param {Surface} plot
 */
function scaleChoice(drawing, options, plot) {
  const hasLines = drawing.kind === 'time' && drawing.series.some(({ shape }) => shape !== 'bars');
  if (!hasLines) return [];
  const select = element('select', { 'aria-label': `Scale of ${drawing.title}` }, SCALES.map((scale) => element('option', { value: scale }, [scale])));
  select.addEventListener('change', () => {
    options.scale = SCALES.find((scale) => scale === select.value) ?? 'linear';
    plot.redraw();
  });
  return [select];
}

/**
 * @param {{ drawing: Drawing }} shown
 * @param {Surface} plot
 */
function exports(shown, plot) {
  const { title } = shown.drawing;
  const name = fileName(title);
  const save = (/** @type {string} */ kind, /** @type {() => void} */ action) => button(kind, action, { 'aria-label': `${kind} of ${title}` });
  return [
    save('PNG', () => savePicture(plot, shown.drawing, `${name}.png`)),
    save('CSV', () => download(`${name}.csv`, new Blob([toCsv(tableOf(shown.drawing))], { type: 'text/csv' }))),
    save('JSON', () => download(`${name}.json`, new Blob([toJson(tableOf(shown.drawing))], { type: 'application/json' }))),
  ];
}

/**
 * Save the chart with its title and legend on the paper's colour.
 * @param {Surface} plot
 * @param {Drawing} drawing
 * @param {string} name
 */
function savePicture(plot, drawing, name) {
  const theme = themeOf(plot.element);
  const ratio = plot.canvas.width / plot.canvas.clientWidth;
  const [margin, head] = [10 * ratio, 30 * ratio];
  const picture = element('canvas');
  [picture.width, picture.height] = [plot.canvas.width + 2 * margin, plot.canvas.height + head + margin];
  const context = picture.getContext('2d');
  if (!context) return;
  context.fillStyle = theme.paper;
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = theme.ink;
  context.font = `600 ${14 * ratio}px ${theme.font.slice(theme.font.indexOf(' ') + 1)}`;
  context.fillText(titleWithNames(drawing), margin, 20 * ratio, picture.width - 2 * margin);
  context.drawImage(plot.canvas, margin, head);
  picture.toBlob((blob) => blob && download(name, blob));
}

/** @param {Drawing} drawing */
function titleWithNames(drawing) {
  const names = 'series' in drawing && drawing.series.length > 1 ? drawing.series.map((series) => series.name).slice(0, 6) : [];
  return names.length > 0 ? `${drawing.title} (${names.join(', ')})` : drawing.title;
}

/** @param {Drawing} drawing */
function foot(drawing) {
  const axes = 'axes' in drawing ? drawing.axes.map(({ title }, index) => axisText(title, index, drawing.axes.length)) : [];
  const texts = [axes.filter((text) => text !== '').join(', '), drawing.omitted ?? ''];
  const scale = drawing.kind === 'heatmap' ? [ramp(drawing.cells.values)] : [];
  return element('figcaption', { class: 'chart-foot' }, [...texts.filter((text) => text !== '').map((text) => element('span', {}, [text])), ...scale]);
}

/**
 * @param {string} title
 * @param {number} index
 * @param {number} count
 */
function axisText(title, index, count) {
  if (title === '') return '';
  return count > 1 ? `${index === 0 ? 'right' : 'left'}: ${title}` : title;
}

/**
 * Explain the colours of a heatmap.
 * @param {number[]} values
 */
function ramp(values) {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [name, value] of Object.entries({ viewBox: '0 0 100 8', width: '100', height: '8', 'aria-hidden': 'true' })) svg.setAttribute(name, value);
  for (let step = 0; step < 25; step += 1) {
    const part = document.createElementNS(SVG, 'rect');
    for (const [name, value] of Object.entries({ x: String(step * 4), width: '4.5', height: '8', fill: rampColor(step / 24) })) part.setAttribute(name, value);
    svg.append(part);
  }
  const most = values.reduce((largest, value) => Math.max(largest, value), 0);
  return element('span', {}, ['0 ', svg, ` ${formatNumber(most)}`]);
}
