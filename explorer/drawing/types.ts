/** What the drawing modules take and return. Times are milliseconds since 1970, UTC; null is a gap and never zero. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };
export type Path = readonly (string | number)[];

export interface GraphQLFault {
  message: string;
  path?: (string | number)[];
  extensions?: JsonObject;
}

export interface GraphQLResponse {
  data?: Json;
  errors?: GraphQLFault[];
  extensions?: JsonObject;
}

/** The request of a response. Titles, units and rewritten queries come from it. */
export interface Operation {
  query: string;
  variables?: JsonObject | undefined;
  operationName?: string | null | undefined;
}

/** A request, or its document alone. */
export type Request = Operation | string;

export type Unit = 'usd' | 'percent' | 'coins' | 'count' | 'ratio' | 'number';

/**
 * `up` is for longs, buyers and bids, `down` for their opposite, `context` for the price beside the figures, which has
 * the colour of texts; null takes the next colour of the palette.
 */
export type Tone = 'up' | 'down' | 'context' | null;

export interface Candle {
  open: number;
  high: number;
  low: number;
  close: number;
}

export interface Axis {
  unit: Unit;
  /** The unit in words, such as "US dollars"; empty if there is none. */
  title: string;
}

/** `values` has an entry for each time, price or label of the drawing. */
export interface Series {
  name: string;
  /** The field of the response, such as `byTicker.IBIT.flowUsd`. */
  field: string;
  shape: 'candles' | 'line' | 'bars';
  /** Index into `axes`: 0 is drawn at the right, 1 at the left. */
  axis: 0 | 1;
  tone: Tone;
  /** Drawn downwards. The values keep their sign. */
  mirrored: boolean;
  /** Drawn on top of the other stacked series of its axis. */
  stacked: boolean;
  /** For candles the closes. */
  values: (number | null)[];
  candles: (Candle | null)[] | null;
}

interface Shared {
  /** Stable for the same field of the same query, for example to remember which one is selected. */
  id: string;
  title: string;
  path: Path;
  /** What the drawing leaves out, in words; null if it shows everything. */
  omitted: string | null;
}

/** `times` ascend and are distinct. `form` names what is most characteristic. */
export interface TimeDrawing extends Shared {
  kind: 'time';
  form: 'candles' | 'lines' | 'bars' | 'mirrored' | 'stacked';
  times: number[];
  series: Series[];
  axes: Axis[];
}

/** Cells are three parallel lists: index into `times`, index into `prices`, value. Missing cells are gaps. */
export interface HeatmapDrawing extends Shared {
  kind: 'heatmap';
  times: number[];
  prices: number[];
  cells: { times: number[]; prices: number[]; values: number[] };
  unit: Unit;
  /** The price over the map: candles, or closes alone. */
  price: { times: number[]; candles: (Candle | null)[] } | null;
}

/** The levels of an order book, bids from the highest price, asks from the lowest: [price, size]. */
export interface DepthDrawing extends Shared {
  kind: 'depth';
  bids: [number, number][];
  asks: [number, number][];
  unit: Unit;
  time: number | null;
}

/** Bars along a price axis, such as liquidations by level. `prices` ascend; `mark` is the last price. */
export interface ProfileDrawing extends Shared {
  kind: 'profile';
  form: 'bars' | 'mirrored' | 'stacked';
  prices: number[];
  series: Series[];
  axes: Axis[];
  mark: number | null;
}

export interface EventPoint {
  time: number;
  value: number;
  size: number | null;
  label: string;
}

/** Single events over time, such as liquidation orders; the area of a point grows with its size. */
export interface EventsDrawing extends Shared {
  kind: 'events';
  groups: { name: string; tone: Tone; points: EventPoint[] }[];
  axes: Axis[];
  sizeUnit: Unit | null;
  sizeName: string | null;
}

/** `labels` are in the order of the response, or by the first series if only the largest are shown. */
export interface CategoryDrawing extends Shared {
  kind: 'categories';
  form: 'bars' | 'mirrored';
  labels: string[];
  series: Series[];
  axes: Axis[];
}

export type Drawing = TimeDrawing | HeatmapDrawing | DepthDrawing | ProfileDrawing | EventsDrawing | CategoryDrawing;

/** A changed request that answers instead. */
export interface Remedy {
  label: string;
  query: string;
  variables: JsonObject;
}

export type ProblemKind = 'gate' | 'failure' | 'input' | 'error' | 'stale' | 'partial' | 'anomaly';

/** `gate` to `error` have no data; `stale`, `partial` and `anomaly` are notes on data that is there. */
export interface Problem {
  kind: ProblemKind;
  code: string;
  /** A few words, such as "Needs the Professional plan". */
  title: string;
  message: string;
  path: Path;
  /** The path in words. */
  field: string;
  /** Further facts, ready to show. */
  details: { name: string; value: string }[];
  /** The best one first. */
  remedies: Remedy[];
}

export type Cell = string | number | boolean | null;

export interface TableColumn {
  /** The field of the response, such as `price.last`. */
  field: string;
  title: string;
  type: 'time' | 'number' | 'text' | 'boolean';
  unit: Unit;
}

/** Cells of type `time` are milliseconds. */
export interface Table {
  id: string;
  title: string;
  path: Path;
  columns: TableColumn[];
  rows: Cell[][];
}
