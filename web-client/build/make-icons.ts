import { readFile } from 'node:fs/promises';
import sharp from 'sharp';

/**
 * Draws the PNG icons that the web app manifest names from `public/icons/icon.svg`; their results are
 * kept in the repository. The drawing stays inside a maskable icon's safe zone (a circle of 80 % of the
 * width, W3C Web Application Manifest, "Icon masks"), so that one drawing serves all.
 */
const folder = new URL('../public/icons/', import.meta.url);
const svg = await readFile(new URL('icon.svg', folder), 'utf8');

const draw = (source: string, side: number, name: string): Promise<unknown> =>
  sharp(Buffer.from(source), { density: (72 * side) / 512 })
    .resize(side, side)
    .png({ compressionLevel: 9, palette: true })
    .toFile(new URL(name, folder).pathname);

const rounded = svg.replace('<rect width="512" height="512"', '<rect width="512" height="512" rx="112"');
await draw(rounded, 192, 'icon-192.png');
await draw(rounded, 512, 'icon-512.png');
await draw(svg, 512, 'icon-maskable-512.png');
