import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeInline } from './inline.ts';

const ICON = '<link rel="icon" href="./icons/icon.svg" type="image/svg+xml" />';
const STYLE = '<link rel="stylesheet" crossorigin href="./assets/index-a_b-1.css">';
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'sld-edge-inline-'));
  await mkdir(path.join(dir, 'assets'));
  await mkdir(path.join(dir, 'icons'));
  await writeFile(path.join(dir, 'icons/icon.svg'), '<svg fill="#fff">\n  <path d="M0 0"/>\n</svg>\n');
  await writeFile(path.join(dir, 'assets/index-a_b-1.css'), 'p::after{content:"$&"}\n');
  await writeFile(path.join(dir, 'index.html'), ICON + STYLE);
});
afterEach(() => rm(dir, { recursive: true }));

it('puts the style sheet and the icon into the page', async () => {
  await writeInline(dir);
  expect(await readFile(path.join(dir, 'index.html'), 'utf8')).toBe(
    `<link rel="icon" href="data:image/svg+xml,%3Csvg fill='%23fff'%3E%3Cpath d='M0 0'/%3E%3C/svg%3E" type="image/svg+xml" /><style>p::after{content:"$&"}</style>`,
  );
  expect(await readdir(path.join(dir, 'assets'))).toEqual([]);
});

it('refuses a page without a style sheet, and a style that asks for a file', async () => {
  await writeFile(path.join(dir, 'index.html'), ICON);
  await expect(writeInline(dir)).rejects.toThrow('expected one style sheet, got 0');
  await writeFile(path.join(dir, 'index.html'), ICON + STYLE);
  await writeFile(path.join(dir, 'assets/index-a_b-1.css'), 'p{background:url(a.png)}');
  await expect(writeInline(dir)).rejects.toThrow('neither url()');
});
