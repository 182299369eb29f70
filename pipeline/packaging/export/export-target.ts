/** The layouts that `package export` writes. Adding one is a file and a line in `index.ts`. */
import type { Accuracy } from '@sld-edge/runtime';
import type { TestData } from '../../data/run-data.ts';
import type { ExportedPackage } from './exported-package.ts';

/** A model file of an export, as it was measured on test images of the network's size, prepared as its consumer prepares them. */
export interface MeasuredExport {
  path: string;
  accuracy: Accuracy;
  /** Fraction of the images on which its answer is that of the package's variant. */
  agreement: number;
}

export interface ExportTarget {
  /** Engines that open the folder, for people. */
  about: string;
  /**
   * Files by path, without the card.
   * @throws Error in one line for a package that has no such form
   */
  files(pkg: ExportedPackage): ReadonlyMap<string, Uint8Array | string>;
  /** Measures its models on test images. */
  measure(pkg: ExportedPackage, files: ReadonlyMap<string, Uint8Array | string>, data: TestData): Promise<MeasuredExport[]>;
  /** README.md. @param measured empty where nothing was measured */
  card(pkg: ExportedPackage, files: ReadonlyMap<string, Uint8Array | string>, measured: MeasuredExport[]): string;
}
