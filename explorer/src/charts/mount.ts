/** Chooses the library that draws a drawing. */

import type { Drawing } from '../../drawing/types';
import type { Colours } from './colours';
import { optionPlot } from './optionPlot';
import type { Plot, Reading } from './plot';
import { timePlot } from './timePlot';

export function mount(host: HTMLElement, drawing: Drawing, colours: Colours, onRead: (reading: Reading | null) => void): Plot {
  if (drawing.kind === 'time') return timePlot(host, drawing, colours, onRead);
  onRead(null);
  return optionPlot(host, drawing, colours);
}
