/** Text that the cards of all exports have. */
import type { Manifest } from '@sld-edge/runtime';
import { percent } from '../../support/progress.ts';
import type { MeasuredExport } from './export-target.ts';

/** Sentences on what the network is, where it comes from, and what a quick run is worth. */
export function originText({ name, version, title, quick, labels, preprocessing: { width, height, channels } }: Manifest): string {
  return `${quick ? '**From a quick run on a subset: it proves the stages, its figures are no result.**\n\n' : ''}An image classifier of ${labels.length} classes (${title}), ${width}x${height} pixels, ${channels === 1 ? 'grey inside' : 'RGB'}. Written by sld-edge from the package ${name}@${version}.`;
}

/** Figures of the package and of the export. @param runtime what ran it */
export function figuresText({ variants }: Manifest, measured: readonly MeasuredExport[], runtime: string): string {
  const stated = Object.entries(variants).flatMap(([name, { accuracy }]) => (accuracy ? [`${name} ${percent(accuracy.top1)}`] : []));
  const ofPackage =
    stated.length > 0
      ? `In the package, on its test images, top-1: ${stated.join(', ')}.`
      : 'The package was made without labels: nobody measured its accuracy.';
  if (measured.length === 0)
    return `${ofPackage}\n\nThese files were not measured; \`package export\` with \`--data\` measures them on a test set.`;
  const rows = measured.map(
    ({ path, accuracy: { top1, top5 }, agreement }) => `| \`${path}\` | ${percent(top1)} | ${percent(top5)} | ${percent(agreement)} |`,
  );
  return `${ofPackage}

These files on ${runtime}, on ${measured[0].accuracy.count.toLocaleString('en')} test images of the network's size:

| file | top-1 | top-5 | same answer as the package |
|---|---|---|---|
${rows.join('\n')}`;
}
