/** The page of every report: self-contained, without scripts, light and dark, printable. */
import { escape, SERIES_STYLE } from './svg.ts';

const STYLE = `
:root{color-scheme:light dark;--line:#8886;--soft:#8882;--right:#0072b2;--wrong:#c44f00}
@media screen and (prefers-color-scheme:dark){:root{--right:#56b4e9;--wrong:#ff9a52}}
*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;margin:2.5rem 0 .5rem}h3{font-size:1rem;margin:1.2rem 0 .3rem;overflow-wrap:anywhere}
h1,p,li{overflow-wrap:anywhere}p,li{max-width:60rem}.lead{font-size:1.15rem;border-left:.3rem solid var(--right);padding-left:.8rem}.small{font-size:.875rem}
details{margin:.5rem 0}summary{cursor:pointer}
.scroll{overflow-x:auto;max-width:100%}.scroll:focus-visible{outline:2px solid var(--right)}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}th[scope=row]{white-space:normal}caption{text-align:left;font-weight:600;padding:.3rem 0}tr.best td,tr.best th{font-weight:700}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,34.5rem),1fr));gap:1.5rem 2rem;align-items:start;margin:1rem 0}.charts.narrow{grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr))}.charts.pair{grid-template-columns:repeat(auto-fill,minmax(min(100%,31rem),1fr))}.charts.pair th[scope=col],.words td:nth-child(2){white-space:normal}.charts.wide{display:flex;flex-wrap:wrap}figure,.charts>div{margin:0;max-width:100%;min-width:0}figcaption{font-weight:600;margin-bottom:.2rem;overflow-wrap:anywhere}
svg{display:block;height:auto;max-width:100%}.scroll svg{min-width:min(30rem,var(--width,30rem))}text{font:12px system-ui,sans-serif;fill:currentColor}.ink text,.strong{font-weight:600}.tick{opacity:.75}.grid{stroke:currentColor;opacity:.15}.axis{stroke:currentColor;opacity:.5}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:.3rem 0}.legend li{display:flex;gap:.4rem;align-items:center}.legend span{overflow-wrap:anywhere}
.right{color:var(--right)}.wrong{color:var(--wrong)}
.tiles,.gallery{list-style:none;padding:0;display:grid;gap:1rem;margin:1.2rem 0}.tiles{grid-template-columns:repeat(auto-fit,minmax(13rem,1fr))}.tiles li{background:var(--soft);border-radius:.5rem;padding:.8rem 1rem}.tiles b{display:block;font-size:1.9rem;line-height:1.2}.tiles span{font-size:.875rem}
.gallery{grid-template-columns:repeat(auto-fill,minmax(8rem,1fr))}.gallery li{background:var(--soft);border-radius:.5rem;padding:.6rem;text-align:center;break-inside:avoid}.gallery span{display:block;line-height:1.3;overflow-wrap:anywhere}.gallery .wrong{font-weight:600}.gallery img{object-fit:contain;max-width:100%;margin:0 auto .4rem;display:block}
.gallery img,.matrix{image-rendering:pixelated}.matrix{display:block;width:100%;max-width:34rem;border:1px solid var(--line)}
.quick{background:#b45309;color:#fff;padding:.5rem 1rem;border-radius:.4rem}pre{overflow:auto;font-size:.8rem}
pre.command{background:var(--soft);padding:.6rem .8rem;border-radius:.4rem;white-space:pre-wrap;overflow-wrap:anywhere}
@media print{:root{color-scheme:light}body{max-width:none;margin:0;font-size:11pt}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}details::details-content{content-visibility:visible;display:block;height:auto}.scroll{overflow:visible}svg{max-width:100%}}
${SERIES_STYLE}`;

export function page(title: string, parts: string[]): string {
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title><style>${STYLE}</style></head>\n<body><h1>${escape(title)}</h1>\n${parts.filter(Boolean).join('\n')}\n</body></html>\n`;
}

export interface TableOptions {
  caption?: string;
  /** Rows to stress. */
  best?: (row: number) => boolean;
}

/** Cells are text and are escaped; the first of a row is its head. Wide tables scroll by themselves, not the page. */
export function htmlTable(head: string[], rows: string[][], { caption, best = () => false }: TableOptions = {}): string {
  const body = rows.map(
    (cells, i) =>
      `<tr${best(i) ? ' class="best"' : ''}>${cells.map((cell, c) => (c === 0 ? `<th scope="row">${escape(cell).replace(/([,{])/g, '$1<wbr>')}</th>` : `<td>${escape(cell)}</td>`)).join('')}</tr>`,
  );
  const heads = head.map((cell) => `<th scope="col">${escape(cell)}</th>`).join('');
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escape(caption ?? head.join(', '))}"><table>${caption ? `<caption>${escape(caption)}</caption>` : ''}<thead><tr>${heads}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

/** A chart with its title, and its numbers behind it. */
export function figure(caption: string, chart: string, numbers = ''): string {
  return `<figure><figcaption>${escape(caption)}</figcaption><div class="scroll" tabindex="0" role="region" aria-label="${escape(caption)}">${chart}</div>${numbers ? `<details class="small"><summary>Numbers</summary>${numbers}</details>` : ''}</figure>`;
}

/** @param shape `narrow`: many small ones in a row; `pair`: two in a row; `wide`: each as wide as it is */
export const charts = (figures: string[], shape: 'narrow' | 'pair' | 'wide' | '' = ''): string =>
  `<div class="charts${shape && ` ${shape}`}">${figures.join('')}</div>`;
