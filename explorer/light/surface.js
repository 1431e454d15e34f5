/** A canvas with a crosshair: sharp on every screen, drawn again when its size or the colours change. */

/**
 * What the crosshair points at.
 * @typedef {object} Reading
 * @property {number} x
 * @property {number | null} y
 * @property {number} index
 * @property {string} title
 * @property {{ name: string, color: string, text: string }[]} rows
 */

/**
 * @typedef {object} Painted
 * @property {number} count how many positions the arrow keys step through
 * @property {(index: number) => Reading} read
 * @property {(x: number, y: number) => number} nearest index of what is nearest to a position
 * @property {{ left: number, right: number, top: number, bottom: number }} frame
 */

/** @typedef {{ ink: string, muted: string, grid: string, paper: string, up: string, down: string, palette: string[], font: string }} Theme */
/** @typedef {(context: CanvasRenderingContext2D, width: number, height: number, theme: Theme) => Painted} Paint */
/** @typedef {{ element: HTMLElement, canvas: HTMLCanvasElement, redraw: () => void, destroy: () => void }} Surface */

const PALETTE_SIZE = 12;

/**
 * @param {Element} element
 * @returns {Theme}
 */
export function themeOf(element) {
  const style = getComputedStyle(element);
  const color = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: color('ink'),
    muted: color('muted'),
    grid: color('grid'),
    paper: color('paper'),
    up: color('up'),
    down: color('down'),
    palette: Array.from({ length: PALETTE_SIZE }, (_, index) => color(`series-${index + 1}`)),
    font: `12px ${style.fontFamily}`,
  };
}

/**
 * Return a function that gives each series its colour, in their order.
 * @param {Theme} theme
 * @returns {(tone: import('../drawing/types.js').Tone) => string}
 */
export function colouring(theme) {
  let next = 0;
  return (tone) => {
    if (tone === 'context') return theme.ink;
    return tone === null ? (theme.palette[next++ % theme.palette.length] ?? theme.ink) : theme[tone];
  };
}

/**
 * @param {string} label what the chart shows, for those who do not see it
 * @param {number} height
 * @param {Paint} paint
 * @param {(reading: Reading | null) => void} onRead
 * @returns {Surface}
 */
export function surface(label, height, paint, onRead) {
  const element = document.createElement('div');
  element.className = 'plot';
  const [canvas, over] = [document.createElement('canvas'), document.createElement('canvas')];
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', label);
  canvas.tabIndex = 0;
  over.className = 'crosshair';
  over.setAttribute('aria-hidden', 'true');
  element.append(canvas, over);
  element.style.height = `${height}px`;
  /** @type {Painted | null} */
  let painted = null;
  let index = -1;
  let width = 0;

  const redraw = () => {
    width = element.clientWidth;
    if (width === 0) return;
    const context = prepared(canvas, width, height);
    prepared(over, width, height);
    painted = paint(context, width, height, themeOf(element));
    if (index >= 0 && painted.count > 0) show(index);
    else onRead(painted.count > 0 ? painted.read(painted.count - 1) : null);
  };
  const show = (/** @type {number} */ next) => {
    if (!painted || painted.count === 0) return;
    index = Math.max(0, Math.min(painted.count - 1, next));
    const reading = painted.read(index);
    drawCrosshair(over, reading, painted.frame, themeOf(element));
    onRead(reading);
  };
  const hide = () => {
    over.getContext('2d')?.clearRect(0, 0, over.width, over.height);
    index = -1;
    if (painted && painted.count > 0) onRead(painted.read(painted.count - 1));
  };
  canvas.addEventListener('pointermove', (event) => painted && show(painted.nearest(event.offsetX, event.offsetY)));
  canvas.addEventListener('pointerleave', hide);
  canvas.addEventListener('blur', hide);
  canvas.addEventListener('keydown', (event) => {
    const next = stepped(event.key, index, painted?.count ?? 0);
    if (next === null) return;
    event.preventDefault();
    show(next);
  });
  const observer = new ResizeObserver(() => element.clientWidth !== width && redraw());
  observer.observe(element);
  return { element, canvas, redraw, destroy: () => observer.disconnect() };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
function prepared(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser has no canvas');
  context.scale(ratio, ratio);
  return context;
}

/**
 * @param {string} key
 * @param {number} index
 * @param {number} count
 */
function stepped(key, index, count) {
  const from = index < 0 ? count : index;
  const page = Math.max(1, Math.round(count / 10));
  /** @type {Record<string, number>} */
  const targets = { ArrowLeft: from - 1, ArrowRight: from + 1, ArrowUp: from - 1, ArrowDown: from + 1, PageUp: from - page, PageDown: from + page, Home: 0, End: count - 1 };
  return targets[key] ?? null;
}

/**
 * @param {HTMLCanvasElement} over
 * @param {Reading} reading
 * @param {Painted['frame']} frame
 * @param {Theme} theme
 */
function drawCrosshair(over, reading, frame, theme) {
  const context = over.getContext('2d');
  if (!context) return;
  context.clearRect(0, 0, over.width, over.height);
  context.strokeStyle = theme.muted;
  context.setLineDash([3, 3]);
  context.beginPath();
  if (reading.x >= 0) {
    context.moveTo(Math.round(reading.x) + 0.5, frame.top);
    context.lineTo(Math.round(reading.x) + 0.5, frame.bottom);
  }
  if (reading.y !== null) {
    context.moveTo(frame.left, Math.round(reading.y) + 0.5);
    context.lineTo(frame.right, Math.round(reading.y) + 0.5);
  }
  context.stroke();
}

/**
 * Draw lines and figures of an axis at the right or left.
 * @param {CanvasRenderingContext2D} context
 * @param {import('./scale.js').Scale} scale
 * @param {Painted['frame']} frame
 * @param {Theme} theme
 * @param {(value: number) => string} text
 * @param {'right' | 'left'} side
 * @param {boolean} withGrid
 */
export function valueAxis(context, scale, frame, theme, text, side, withGrid) {
  context.font = theme.font;
  context.textBaseline = 'middle';
  context.textAlign = side === 'right' ? 'left' : 'right';
  for (const value of scale.ticks) {
    const y = Math.round(scale.at(value)) + 0.5;
    if (y < frame.top - 1 || y > frame.bottom + 1) continue;
    if (withGrid) line(context, frame.left, y, frame.right, y, theme.grid);
    context.fillStyle = theme.muted;
    context.fillText(text(value), side === 'right' ? frame.right + 6 : frame.left - 6, y);
  }
}

/**
 * Draw lines and figures of the axis below. Figures that would overlap are left out.
 * @param {CanvasRenderingContext2D} context
 * @param {import('./scale.js').Scale} scale
 * @param {Painted['frame']} frame
 * @param {Theme} theme
 * @param {(value: number) => string} text
 */
export function bottomAxis(context, scale, frame, theme, text) {
  context.font = theme.font;
  context.textBaseline = 'top';
  context.textAlign = 'center';
  let free = -Infinity;
  for (const value of scale.ticks) {
    const x = Math.round(scale.at(value)) + 0.5;
    if (x < frame.left - 1 || x > frame.right + 1) continue;
    line(context, x, frame.top, x, frame.bottom, theme.grid);
    const label = text(value);
    const half = context.measureText(label).width / 2;
    if (x - half < free || x - half < 0) continue;
    context.fillStyle = theme.muted;
    context.fillText(label, x, frame.bottom + 6);
    free = x + half + 8;
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {string} color
 */
export function line(context, x1, y1, x2, y2, color) {
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

/**
 * Return the width that the texts of an axis take.
 * @param {CanvasRenderingContext2D} context
 * @param {Theme} theme
 * @param {string[]} texts
 */
export function textWidth(context, theme, texts) {
  context.font = theme.font;
  return Math.max(0, ...texts.map((text) => context.measureText(text).width));
}
