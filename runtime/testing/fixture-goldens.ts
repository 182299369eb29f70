import { encodeOutputs } from '../package/goldens.ts';
import { BINARY_GOLDENS_SINCE, type FileEntry, type Goldens, type Manifest } from '../package/manifest.ts';
import { isGraphVariant, type VariantName } from '../package/variants.ts';

/** Goldens as tests change them. */
export interface FixtureGoldens extends Goldens {
  /** Answers that each variant must give, `[count][classes]`: logits, whole numbers of `integer`. */
  outputs: Partial<Record<VariantName, number[][]>>;
}

/**
 * Writes the goldens as a package of that format version has them.
 *
 * @param add adds a file of the package
 * @returns the manifest's `goldens`
 */
export async function writeFixtureGoldens(
  { outputs, ...goldens }: FixtureGoldens,
  pixels: Uint8Array,
  formatVersion: number,
  add: (path: string, bytes: Uint8Array) => Promise<FileEntry>,
): Promise<Manifest['goldens']> {
  const write = async (index: object): Promise<Manifest['goldens']> => ({
    index: await add('goldens/goldens.json', new TextEncoder().encode(JSON.stringify(index))),
    pixels: await add('goldens/pixels.bin', pixels),
  });
  const { integer, ...logits } = outputs;
  if (formatVersion < BINARY_GOLDENS_SINCE)
    return write({ ...goldens, logits, ...(integer && { integer: { logits: integer, tolerance: 0 } }) });
  const files: Manifest['goldens']['logits'] = {};
  for (const [name, rows] of Object.entries(outputs) as [VariantName, number[][]][])
    files[name] = await add(
      `goldens/logits-${name}.bin`,
      encodeOutputs((isGraphVariant(name) ? Float32Array : Int32Array).from(rows.flat())),
    );
  return { ...(await write(goldens)), logits: files };
}
