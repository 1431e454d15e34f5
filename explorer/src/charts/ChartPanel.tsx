/** The charts of an answer: one at a time, with its legend, scales and exports. */

import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { drawings, fileName, overlay, tableOf, toCsv, toJson } from '../../drawing/index.js';
import type { Drawing, GraphQLResponse, Request, TimeDrawing } from '../../drawing/types';
import { download } from '../panel/download';
import './charts.css';
import { coloursOf, type Theme } from './colours';
import { layoutOf, mount } from './mount';
import { savePicture } from './picture';
import type { Plot, Reading, Scale } from './plot';

const SCALES: readonly Scale[] = ['linear', 'log', 'percent'];
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 };

interface Props {
  response: GraphQLResponse;
  document: Request;
  theme: Theme;
  /** Whether the response changes as long as it is shown. */
  isLive: boolean;
}

export function ChartPanel({ response, document, theme, isLive }: Props) {
  const list = useMemo(() => drawings(response, document), [response, document]);
  const [chosen, choose] = useState('');
  const [overlaid, setOverlaid] = useState('');
  const drawing = list.find(({ id }) => id === chosen) ?? list[0];
  const second = list.find(({ id }) => id === overlaid);
  const shown = useMemo(
    () => (drawing?.kind === 'time' && second?.kind === 'time' && second !== drawing ? overlay([drawing, second]) : drawing),
    [drawing, second],
  );
  if (!drawing || !shown) return <p className="xp-empty">{isLive ? 'No figures to draw so far.' : 'The answer has no lists of figures to draw.'}</p>;
  const others = list.filter((one): one is TimeDrawing => one.kind === 'time' && one !== drawing);
  return (
    <Chart drawing={shown} theme={theme} isLive={isLive}>
      <DrawingChoice list={list} drawing={drawing} onChoose={choose} />
      {drawing.kind === 'time' && others.length > 0 && (
        <select aria-label="Overlay" value={second?.id ?? ''} onChange={(event) => setOverlaid(event.target.value)}>
          <option value="">Overlay: none</option>
          {others.map(({ id, title }) => (
            <option key={id} value={id}>{`Overlay: ${title}`}</option>
          ))}
        </select>
      )}
    </Chart>
  );
}

interface ChoiceProps {
  list: Drawing[];
  drawing: Drawing;
  onChoose: (id: string) => void;
}

function DrawingChoice({ list, drawing, onChoose }: ChoiceProps) {
  return (
    <select aria-label="Chart" value={drawing.id} onChange={(event) => onChoose(event.target.value)}>
      {list.map(({ id, title }) => (
        <option key={id} value={id}>
          {title}
        </option>
      ))}
    </select>
  );
}

interface ChartProps {
  drawing: Drawing;
  theme: Theme;
  isLive: boolean;
  /** What to choose from, in front of the other buttons. */
  children: ReactNode;
}

function Chart({ drawing, theme, isLive, children }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [reading, read] = useState<Reading | null>(null);
  const [scale, setScale] = useState<Scale>('linear');
  const identity = isLive ? layoutOf(drawing) : drawing; // a live chart stays as long as its parts do
  useEffect(() => {
    if (!host.current) return undefined;
    plot.current = mount(host.current, drawing, coloursOf(theme), read);
    return () => plot.current?.destroy();
  }, [identity, theme]);
  useEffect(() => plot.current?.update(drawing), [drawing]);
  useEffect(() => plot.current?.setScale(scale), [identity, theme, scale]);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    plot.current?.step(by);
  };
  const file = fileName(drawing.title);
  const picture = () => plot.current && savePicture(plot.current.picture(), drawing.title, file, coloursOf(theme));
  return (
    <figure className="xp-chart">
      <div className="xp-bar">
        {children}
        <span className="xp-fill" />
        {hasScales(drawing) && <ScaleChoice scale={scale} onChoose={setScale} />}
        <button type="button" onClick={picture}>
          PNG
        </button>
        <button type="button" onClick={() => download(`${file}.csv`, toCsv(tableOf(drawing)), 'text/csv')}>
          CSV
        </button>
        <button type="button" onClick={() => download(`${file}.json`, toJson(tableOf(drawing)), 'application/json')}>
          JSON
        </button>
      </div>
      <Legend reading={reading} />
      <div
        className="xp-plot"
        data-kind={drawing.kind}
        data-form={'form' in drawing ? drawing.form : undefined}
        data-rows={drawing.kind === 'categories' ? sizeOf(drawing.labels.length * drawing.series.length) : undefined}
        role="group"
        tabIndex={0}
        aria-label={`Chart of ${drawing.title}. The arrow keys move the crosshair.`}
        onKeyDown={onKeyDown}
      >
        <div ref={host} className="xp-surface" />
      </div>
      <figcaption className="xp-caption">{caption(drawing)}</figcaption>
    </figure>
  );
}

function Legend({ reading }: { reading: Reading | null }) {
  if (!reading) return null;
  return (
    <p className="xp-legend">
      <span>{reading.title}</span>
      {reading.rows.map(({ name, colour, text }, index) => (
        // eslint-disable-next-line react/no-array-index-key -- two series may have one name
        <span key={index}>
          <i style={{ background: colour }} />
          {`${name} `}
          <strong>{text}</strong>
        </span>
      ))}
    </p>
  );
}

function ScaleChoice({ scale, onChoose }: { scale: Scale; onChoose: (scale: Scale) => void }) {
  return (
    <select aria-label="Scale" value={scale} onChange={(event) => onChoose(SCALES.find((one) => one === event.target.value) ?? 'linear')}>
      {SCALES.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}

const hasScales = (drawing: Drawing) => drawing.kind === 'time' && drawing.series.some(({ shape }) => shape !== 'bars');

/** Many bars need a taller chart. */
function sizeOf(bars: number): string | undefined {
  if (bars <= 14) return undefined;
  return bars <= 30 ? 'many' : 'most';
}

function caption(drawing: Drawing): string {
  const axes = 'axes' in drawing ? drawing.axes.map(({ title }) => title) : [];
  const sides = axes.length > 1 ? axes.map((title, index) => title && `${index === 0 ? 'right' : 'left'}: ${title}`) : axes;
  return [...sides, drawing.omitted ?? ''].filter((text) => text !== '').join(' · ');
}
