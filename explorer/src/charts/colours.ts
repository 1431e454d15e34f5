/** Colours of charts for a dark and a light page. */

import type { Tone } from '../../drawing/types';

export type Theme = 'dark' | 'light';

export interface Colours {
  paper: string;
  ink: string;
  muted: string;
  grid: string;
  up: string;
  down: string;
  palette: readonly string[];
}

const COLOURS: Record<Theme, Colours> = {
  light: {
    paper: '#ffffff',
    ink: '#1b2430',
    muted: '#5b6675',
    grid: '#e4e7ec',
    up: '#0a8f6a',
    down: '#d6333f',
    palette: '#2563eb #d97706 #7c3aed #0891b2 #be185d #4d7c0f #6366f1 #a16207 #0f766e #9333ea #b91c1c #64748b'.split(' '),
  },
  dark: {
    paper: '#212a3b',
    ink: '#e4e9f0',
    muted: '#a9b4c4',
    grid: '#344054',
    up: '#2ebd85',
    down: '#f6566a',
    palette: '#6ea0ff #f5a524 #b794f6 #38c6e0 #f472b6 #a3d34b #a5b4fc #e0c060 #5eead4 #d8a5ff #fca5a5 #a8b3c2'.split(' '),
  },
};

/** Dark to light, readable for the colour-blind. */
export const RAMP = ['#1c1044', '#4f127b', '#b5367a', '#fb8761', '#fcfdbf'];
export const FONT = 'system-ui, sans-serif';

export function coloursOf(theme: Theme): Colours {
  return COLOURS[theme];
}

/** Return a colour for each: that of its side, else the next one of the palette. */
export function colourEach(list: readonly { tone: Tone }[], { up, down, palette, ink }: Colours): string[] {
  let next = 0;
  return list.map(({ tone }) => (tone === null ? (palette[next++ % palette.length] ?? ink) : { up, down, context: ink }[tone]));
}
