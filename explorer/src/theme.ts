/** Whether the page is dark or light, which its user or the system decides. */

import { useGraphiQL } from '@graphiql/react';
import { useSyncExternalStore } from 'react';

const system = matchMedia('(prefers-color-scheme: dark)');

function subscribe(listener: () => void): () => void {
  system.addEventListener('change', listener);
  return () => system.removeEventListener('change', listener);
}

export function useTheme(): 'dark' | 'light' {
  const isSystemDark = useSyncExternalStore(subscribe, () => system.matches);
  const chosen = useGraphiQL((state) => state.theme);
  return chosen ?? (isSystemDark ? 'dark' : 'light');
}
