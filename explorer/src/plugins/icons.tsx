/** Icons in the style of GraphiQL's. */

import type { ReactNode } from 'react';

const TOOLBAR = 'graphiql-toolbar-icon';

function icon(children: ReactNode, className?: string) {
  return function Icon() {
    return (
      <svg className={className} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
        {children}
      </svg>
    );
  };
}

export const ExamplesIcon = icon(<path d="M5 4h10l4 4v12H5zM15 4v4h4M8 12h8M8 16h8" />);
export const KeyIcon = icon(<path d="M14 14a5 5 0 1 0-4-4l-7 7v4h4v-3h3v-3z" />);
export const AboutIcon = icon(<path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7.5v.5" />);
export const ShareIcon = icon(
  <path d="M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1" />,
  TOOLBAR,
);
export const DryRunIcon = icon(<path d="M4 5h12M4 10h7M4 15h5M12 17l3 3 6-7" />, TOOLBAR);
