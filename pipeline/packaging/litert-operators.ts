/** Operators of LiteRT's schema that our models hold: their numbers, and the fields of their options in the order of the schema. */

export type LiteRtFieldType = 'int8' | 'int32' | 'bool' | 'int32s';

interface OperatorDefinition {
  /** BuiltinOperator. */
  code: number;
  /** The first version that computes what our models ask of it, in float32 and in int8. */
  version: { float32: number; int8: number };
  /** The table of options: its number in the union BuiltinOptions, its fields. Absent where it would be empty. */
  options?: { type: number; fields: Record<string, LiteRtFieldType> };
}

/** Fields of Conv2DOptions and DepthwiseConv2DOptions; dilation is 1 unless stated. */
const STRIDES = { padding: 'int8', strideWidth: 'int32', strideHeight: 'int32' } as const;

const activated = (type: number): OperatorDefinition['options'] => ({ type, fields: { activation: 'int8' } });

const pool = { type: 5, fields: { ...STRIDES, filterWidth: 'int32', filterHeight: 'int32', activation: 'int8' } } as const;

export const LITERT_OPERATORS = {
  ADD: { code: 0, version: { float32: 1, int8: 2 }, options: activated(11) },
  AVERAGE_POOL_2D: { code: 1, version: { float32: 1, int8: 2 }, options: pool },
  CONCATENATION: { code: 2, version: { float32: 1, int8: 2 }, options: { type: 10, fields: { axis: 'int32' } } },
  CONV_2D: { code: 3, version: { float32: 1, int8: 3 }, options: { type: 1, fields: { ...STRIDES, activation: 'int8' } } },
  DEPTHWISE_CONV_2D: {
    code: 4,
    version: { float32: 1, int8: 3 },
    options: { type: 2, fields: { ...STRIDES, depthMultiplier: 'int32', activation: 'int8' } },
  },
  DEQUANTIZE: { code: 6, version: { float32: 1, int8: 2 } },
  FULLY_CONNECTED: { code: 9, version: { float32: 1, int8: 4 }, options: activated(8) },
  MAX_POOL_2D: { code: 17, version: { float32: 1, int8: 2 }, options: pool },
  MUL: { code: 18, version: { float32: 1, int8: 3 }, options: activated(21) },
  RELU: { code: 19, version: { float32: 1, int8: 2 } },
  RELU6: { code: 21, version: { float32: 1, int8: 2 } },
  RESHAPE: { code: 22, version: { float32: 1, int8: 1 }, options: { type: 17, fields: { newShape: 'int32s' } } },
  PAD: { code: 34, version: { float32: 1, int8: 2 } },
  GATHER: { code: 36, version: { float32: 1, int8: 2 }, options: { type: 23, fields: { axis: 'int32' } } },
  TRANSPOSE: { code: 39, version: { float32: 1, int8: 4 } },
  MEAN: { code: 40, version: { float32: 1, int8: 2 }, options: { type: 27, fields: { keepDimensions: 'bool' } } },
  STRIDED_SLICE: { code: 45, version: { float32: 1, int8: 2 }, options: { type: 32, fields: { beginMask: 'int32', endMask: 'int32' } } },
  CAST: { code: 53, version: { float32: 1, int8: 1 } },
  PADV2: { code: 60, version: { float32: 1, int8: 2 } },
  SLICE: { code: 65, version: { float32: 1, int8: 2 } },
  QUANTIZE: { code: 114, version: { float32: 1, int8: 1 } },
  HARD_SWISH: { code: 117, version: { float32: 1, int8: 1 } },
} as const satisfies Record<string, OperatorDefinition>;

export type LiteRtOperatorName = keyof typeof LITERT_OPERATORS;

export const operatorDefinition = (name: LiteRtOperatorName): OperatorDefinition => LITERT_OPERATORS[name];

/** The enum Padding. */
export const LITERT_PADDING = { SAME: 0, VALID: 1 };

/** The enum ActivationFunctionType. */
export const LITERT_ACTIVATION = { none: 0, relu: 1, relu6: 3 };
