/** Says that the figures are those of a sandbox. */

import { config } from './config';
import { useIsSandbox } from './exchanges';

const UNNAMED = 'Figures of a sandbox, not a market.';

export function Banner() {
  const isSandbox = useIsSandbox();
  const text = config.banner ?? (isSandbox ? UNNAMED : null);
  return text && <p className="xp-banner" role="note">{text}</p>;
}
