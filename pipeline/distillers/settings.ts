/** Settings of the method. Its own options are declared by each method (`options.ts`). */
import type { SettingTable, Values } from '../support/setting.ts';
import { number, oneName, type ValueKind } from '../support/value.ts';
import { createDistiller, distillers, type Distiller } from './index.ts';
import { parseMethodSpec, parseOptions } from './method-spec.ts';

const names = Object.keys(distillers);

/** A method's name; a flag or a layer may state it with options, `sld{studentSwap=false}`. */
const methodSpec = (value: string): ValueKind<string> => ({
  default: value,
  allowed: `one of ${names.join(', ')}, with options as in sld{studentSwap=false}`,
  holds: (v) => typeof v === 'string' && Object.hasOwn(distillers, v.split('{')[0]),
  parse: (text) => text.trim(),
  names,
});

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const record: ValueKind<Readonly<Record<string, unknown>>> = {
  default: {},
  allowed: 'options as key=value,key=value or a JSON object',
  holds: isRecord,
  parse: parseOptions,
};

export const methodSettings = {
  method: {
    ...methodSpec('sld'),
    help: `ce (the labels alone), sld, or another of ${names.length} methods, with options as in sld{studentSwap=false} (docs/method.md)`,
    group: 'learning',
    decides: 'weights',
    isFirst: true,
    isKept: true,
  },
  methodOptions: {
    ...record,
    help: 'key=value,key=value or JSON: what differs from the defaults of the method',
    group: 'learning',
    decides: 'weights',
    isKept: true,
  },
  classWeights: {
    ...oneName('none', ['none', 'balanced']),
    help: 'none, or balanced: the cross-entropy weighs each class by how rare it is',
    group: 'learning',
    decides: 'weights',
    isKept: true,
  },
  labelSmoothing: {
    ...number(0, { from: 0, below: 1 }),
    help: 'share of each label that the cross-entropy spreads evenly over all classes',
    group: 'learning',
    decides: 'weights',
    isKept: true,
  },
} as const satisfies SettingTable;

export type MethodSettings = Values<typeof methodSettings>;

/**
 * A layer of settings with `method: 'sld{studentSwap=false}'` taken apart into name and options.
 * @throws Error in one line for an unknown method or option
 */
export function withMethodTakenApart<T extends { method?: unknown; methodOptions?: unknown }>(layer: T): T {
  if (typeof layer.method !== 'string' || !layer.method.includes('{')) return layer;
  const { method, methodOptions } = parseMethodSpec(layer.method);
  return { ...layer, method, methodOptions: { ...methodOptions, ...(layer.methodOptions as object) } };
}

/** @throws Error in one line where the method lacks an option, or one is out of its range */
export const distillerOf = ({
  method,
  methodOptions,
  epochs,
}: Pick<MethodSettings, 'method' | 'methodOptions'> & { epochs: number }): Distiller => createDistiller(method, { epochs }, methodOptions);
