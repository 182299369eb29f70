/** Statement in a student's file about the quantization that it was trained for: enough to make the same integer program of it again. */
import type { ActivationScale } from '../../networks/operations/integer-def.ts';

export interface QuantizationStatement {
  /** Bits that its weights are rounded to, with a step for each output channel. */
  weightBits: 4 | 8;
  /** The scale of each group of nodes, by its first node (`scaleGroups` of `quantizableForm`); absent if activations stayed as they are. */
  activations?: Record<string, ActivationScale>;
}

/** The key in the metadata of a safetensors file. */
export const QUANTIZATION_KEY = 'quantization';

export const statementText = (statement: QuantizationStatement): Record<string, string> => ({
  [QUANTIZATION_KEY]: JSON.stringify(statement),
});

/** @returns nothing if the file says nothing of it @throws Error in one line if that is not JSON */
export function quantizationStatement(path: string, metadata: Record<string, string>): QuantizationStatement | undefined {
  const text = metadata[QUANTIZATION_KEY];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as QuantizationStatement;
  } catch (error) {
    throw new Error(`the metadata "${QUANTIZATION_KEY}" of ${path} is not JSON`, { cause: error });
  }
}

/** The scales as `lowerToIntegers` takes them. */
export const statedScales = ({ activations }: QuantizationStatement): Map<string, ActivationScale> | undefined =>
  activations && new Map(Object.entries(activations));
