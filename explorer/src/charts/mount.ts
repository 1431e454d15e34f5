/** Chooses the library that draws a drawing. */

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
