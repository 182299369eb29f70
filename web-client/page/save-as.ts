import { element } from './element.ts';

/** Time after which a browser has surely begun to save: then the file's address is freed. */
const FREE_AFTER_MS = 60_000;

/** Lets the browser save a file that the page made. */
export function saveAs(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = element('a', { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), FREE_AFTER_MS);
}
