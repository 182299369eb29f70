import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

const STYLE = /<link rel="stylesheet" crossorigin href="(\.\/assets\/[\w-]+\.css)">/g;
const ICON = /href="(\.\/icons\/[\w-]+\.svg)"/;

/**
 * Puts the style sheet and the icon into the page: both are small, each would be a request of every first visit, and nothing is painted
 * before the style has come. Our server names the style's hash in its Content-Security-Policy.
 *
 * @throws where the page has no style sheet or no icon, or several
 */
export async function writeInline(outDir: string): Promise<void> {
  const page = path.join(outDir, 'index.html');
  const html = await readFile(page, 'utf8');
  const styles = [...html.matchAll(STYLE)];
  if (styles.length !== 1) throw new Error(`index.html: expected one style sheet, got ${styles.length}`);
  const [link, styleFile] = styles[0];
  const icon = ICON.exec(html)?.[1];
  if (icon === undefined) throw new Error('index.html: expected an icon ./icons/….svg, got none');
  const style = (await readFile(path.join(outDir, styleFile), 'utf8')).trim();
  if (/<\/style|url\(/i.test(style)) throw new Error(`${styleFile}: a style that is put into the page may hold neither url() nor </style`);
  const svg = (await readFile(path.join(outDir, icon), 'utf8')).replace(/>\s+</g, '><').trim();
  const inline = html.replace(link, () => `<style>${style}</style>`).replace(ICON, () => `href="data:image/svg+xml,${encodeSvg(svg)}"`);
  await writeFile(page, inline);
  await rm(path.join(outDir, styleFile));
}

/** Only what an address or an attribute may not hold is escaped. */
const encodeSvg = (svg: string): string => svg.replaceAll('"', "'").replace(/[%#<>]/g, encodeURIComponent);
