/** The exports, by the name that `--to` takes. */
import type { ExportTarget } from './export-target.ts';
import { huggingFace } from './huggingface.ts';

export const exportTargets = { huggingface: huggingFace } as const satisfies Record<string, ExportTarget>;

export type ExportName = keyof typeof exportTargets;
export const EXPORT_NAMES = Object.keys(exportTargets) as ExportName[];
