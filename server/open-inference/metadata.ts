import type { Manifest } from '@sld-edge/runtime';
import type { z } from 'zod';
import type { ModelCatalogue } from '../models/catalogue.ts';
import { OUTPUTS, type ModelMetadata, type ServerMetadata } from '../schemas/open-inference.ts';
import packageJson from '../package.json' with { type: 'json' };

export const serverMetadata: z.output<typeof ServerMetadata> = {
  name: 'sld-edge',
  version: packageJson.version,
  extensions: ['binary_tensor_data', 'classification'],
};

/** A model's inputs, of which one is sent, and its outputs; -1 is any number. */
export function modelMetadata({ name, labels }: Manifest, { packages }: ModelCatalogue): z.output<typeof ModelMetadata> {
  return {
    name,
    versions: packages.flatMap(({ manifest }) => (manifest.name === name ? [manifest.version] : [])),
    platform: 'sld-edge_package',
    inputs: [
      { name: 'image', datatype: 'BYTES', shape: [-1] },
      { name: 'pixels', datatype: 'UINT8', shape: [-1, -1, -1, 3] },
    ],
    outputs: OUTPUTS.map((output) => ({ name: output, datatype: 'FP32', shape: [-1, labels.length] })),
  };
}
