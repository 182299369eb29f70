import { arrayAt, integerAt, invalid, numberAt, objectAt, parseJsonObject, stringAt } from './field-checks.ts';
import type { GoldenLayers, Goldens, Manifest } from './manifest.ts';
import { SHA256 } from './validate-manifest.ts';
import { variantNames } from './variant-of.ts';
import { isGraphVariant } from './variants.ts';

/** Reads `goldens/layers.json` and holds its lists against each other, against the goldens and against the package's variants. */
export function parseGoldenLayers(
  bytes: Uint8Array,
  { count }: Pick<Goldens, 'count'>,
  manifest: Pick<Manifest, 'variants'>,
): GoldenLayers {
  const layers = parseJsonObject('golden layers', bytes);
  const images = arrayAt('layers.images', layers.images, 1);
  images.forEach((image, i) => {
    if (integerAt(`layers.images[${i}]`, image, 0) >= count) invalid(`layers.images[${i}]`, `an index below ${count}`, image);
  });
  if (Object.hasOwn(manifest.variants, 'integer')) {
    const { activations } = objectAt('layers.integer', layers.integer);
    for (const [node, digest] of Object.entries(objectAt('layers.integer.activations', activations)))
      stringAt(`layers.integer.activations.${node}`, digest, SHA256);
  }
  const variants = objectAt('layers.variants', layers.variants);
  for (const variant of variantNames(manifest).filter(isGraphVariant)) {
    arrayAt(`layers.variants.${variant}`, variants[variant]).forEach((value, i) => {
      const field = `layers.variants.${variant}[${i}]`;
      const layer = objectAt(field, value);
      stringAt(`${field}.name`, layer.name);
      const length = integerAt(`${field}.length`, layer.length, 1);
      const at = arrayAt(`${field}.at`, layer.at, 1);
      at.forEach((index, k) => {
        if (integerAt(`${field}.at[${k}]`, index, 0) >= length) invalid(`${field}.at[${k}]`, `an index below ${length}`, index);
      });
      const rows = arrayAt(`${field}.values`, layer.values);
      if (rows.length !== images.length) invalid(`${field}.values`, `${images.length} rows`, rows);
      rows.forEach((row, k) => {
        const values = arrayAt(`${field}.values[${k}]`, row);
        if (values.length !== at.length) invalid(`${field}.values[${k}]`, `${at.length} numbers`, values);
        values.forEach((number, n) => numberAt(`${field}.values[${k}][${n}]`, number));
      });
    });
  }
  return layers as unknown as GoldenLayers;
}
