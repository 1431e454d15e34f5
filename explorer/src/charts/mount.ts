/** Chooses the library that draws a drawing, and tells which drawings one chart can show after each other. */

import type { Drawing } from '../../drawing/types';
import type { Colours } from './colours';
import { optionPlot } from './option-plot';
import type { Plot, Reading } from './plot';
import { timePlot } from './time-plot';

export function mount(host: HTMLElement, drawing: Drawing, colours: Colours, onRead: (reading: Reading | null) => void): Plot {
  if (drawing.kind === 'time') return timePlot(host, drawing, colours, onRead);
  onRead(null);
  return optionPlot(host, drawing, colours);
}

/** Return what a chart is made for. Drawings for which it is equal are shown by the same chart. */
export function layoutOf(drawing: Drawing): string {
  const series = drawing.kind === 'time' ? drawing.series.map(({ name, shape, axis, stacked }) => [name, shape, axis, stacked]) : [];
  return JSON.stringify([drawing.kind, drawing.id, 'form' in drawing ? drawing.form : '', 'axes' in drawing ? drawing.axes : '', series]);
}
