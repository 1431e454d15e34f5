/** Saves a chart as a picture, with its title above it. */

import { download } from '../panel/download';
import { type Colours, FONT } from './colours';

export function savePicture(chart: HTMLCanvasElement, title: string, name: string, colours: Colours): void {
  const ratio = window.devicePixelRatio || 1;
  const [margin, head] = [10 * ratio, 30 * ratio];
  const picture = document.createElement('canvas');
  [picture.width, picture.height] = [chart.width + 2 * margin, chart.height + head + margin];
  const context = picture.getContext('2d');
  if (!context) return;
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = colours.ink;
  context.font = `600 ${14 * ratio}px ${FONT}`;
  context.fillText(title, margin, 20 * ratio, picture.width - 2 * margin);
  context.drawImage(chart, margin, head);
  picture.toBlob((blob) => blob && download(`${name}.png`, blob, 'image/png'));
}
