/** Charts that ECharts draws. */

import type { Drawing, TimeDrawing } from '../../drawing/types';
import type { Colours } from './colours';
import { init } from './echarts';
import { heatmapOption } from './heatmap-option';
import { categoriesOption, depthOption, eventsOption, profileOption } from './options';
import type { Plot } from './plot';

type OptionDrawing = Exclude<Drawing, TimeDrawing>;

export function optionPlot(host: HTMLElement, drawing: OptionDrawing, colours: Colours): Plot {
  const chart = init(host, null, { renderer: 'canvas' });
  chart.setOption(optionOf(drawing, colours));
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(host);
  let shown = drawing;
  let index = countOf(drawing);
  return {
    update: (next) => {
      if (next === shown || next.kind === 'time') return;
      shown = next;
      chart.setOption(optionOf(next, colours), { replaceMerge: ['series'] });
    },
    picture: () => chart.renderToCanvas({ backgroundColor: colours.paper, pixelRatio: window.devicePixelRatio }),
    setScale: () => undefined,
    step: (by) => {
      index = Math.max(0, Math.min(countOf(shown) - 1, index + by));
      chart.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: index });
    },
    destroy: () => {
      observer.disconnect();
      chart.clear();
      chart.getZr().flush(); // many cells are painted over several frames, which `dispose` alone does not end
      chart.dispose();
    },
  };
}

function optionOf(drawing: OptionDrawing, colours: Colours) {
  switch (drawing.kind) {
    case 'heatmap':
      return heatmapOption(drawing, colours);
    case 'depth':
      return depthOption(drawing, colours);
    case 'profile':
      return profileOption(drawing, colours);
    case 'events':
      return eventsOption(drawing, colours);
    case 'categories':
      return categoriesOption(drawing, colours);
  }
}

function countOf(drawing: OptionDrawing): number {
  switch (drawing.kind) {
    case 'heatmap':
      return drawing.cells.values.length;
    case 'depth':
      return drawing.bids.length;
    case 'profile':
      return drawing.prices.length;
    case 'events':
      return drawing.groups[0]?.points.length ?? 0;
    case 'categories':
      return drawing.labels.length;
  }
}
