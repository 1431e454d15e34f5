/** A list of tabs and the panel of the selected one, by keyboard as WAI-ARIA describes it. */

import { type KeyboardEvent, type ReactNode, useId } from 'react';

export interface TabEntry {
  id: string;
  label: string;
  content: () => ReactNode;
}

interface Props {
  label: string;
  entries: TabEntry[];
  selected: string;
  onSelect: (id: string) => void;
  /** What stands beside the tabs. */
  children?: ReactNode;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };

export function Tabs({ label, entries, selected, onSelect, children }: Props) {
  const prefix = useId();
  const current = entries.find(({ id }) => id === selected) ?? entries[0];
  if (current === undefined) return null;
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    const next = entries.at((entries.indexOf(current) + step) % entries.length);
    if (next === undefined) return;
    onSelect(next.id);
    document.getElementById(`${prefix}-tab-${next.id}`)?.focus();
  };
  return (
    <>
      <div className="xp-head">
        <div className="xp-tabs" role="tablist" aria-label={label} onKeyDown={move}>
        {entries.map(({ id, label: text }) => (
          <button
            key={id}
            id={`${prefix}-tab-${id}`}
            type="button"
            role="tab"
            aria-selected={id === current.id}
            aria-controls={`${prefix}-panel`}
            tabIndex={id === current.id ? 0 : -1}
            onClick={() => onSelect(id)}
          >
            {text}
          </button>
        ))}
        </div>
        {children}
      </div>
      <div id={`${prefix}-panel`} className="xp-view" role="tabpanel" aria-labelledby={`${prefix}-tab-${current.id}`}>
        {current.content()}
      </div>
    </>
  );
}
