/** What the panel knows of a chart, whichever library draws it. */

import type { Drawing } from '../../drawing/types';

export interface ReadingRow {
  name: string;
  colour: string;
  text: string;
}

/** What the crosshair points at, or the newest figures without one. */
export interface Reading {
  title: string;
  rows: ReadingRow[];
}

export type Scale = 'linear' | 'log' | 'percent';

export interface Plot {
  /** Show the figures of another drawing with the same layout; what the user has moved stays. */
  update: (drawing: Drawing) => void;
  /** Draw the chart with its present size as a picture. */
  picture: () => HTMLCanvasElement;
  setScale: (scale: Scale) => void;
  /** Move the crosshair by a number of positions. */
  step: (by: number) => void;
  destroy: () => void;
}
