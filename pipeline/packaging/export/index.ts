/** The exports, by the name that `--to` takes. */
import type { ExportTarget } from './export-target.ts';
import { huggingFace } from './huggingface.ts';
import { triton } from './triton.ts';

export const exportTargets = { huggingface: huggingFace, triton } as const satisfies Record<string, ExportTarget>;

export type ExportName = keyof typeof exportTargets;
export const EXPORT_NAMES = Object.keys(exportTargets) as ExportName[];
