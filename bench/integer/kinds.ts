import { integerWasmKernels } from '@sld-edge/runtime';
import { openProgram, type IntegerNode, type IntegerProgram } from '@sld-edge/runtime/integer';

/** Speed of all nodes of one kind. */
export interface KindTime {
  kind: string;
  /** Multiplications with their additions of an image; 0 of a kind that has none. */
  multiplyAdds: number;
  /** Least time of an image in milliseconds, the sum of its nodes' least times. */
  milliseconds: number;
}

/** Kind of node, convolutions by their kernel: `3x3`, `1x1`, `depthwise 3x3`, `grouped 1x1`. */
function kindOf(node: IntegerNode): string {
  if (node.op !== 'convolution') return node.op;
  const { kernel, groups, shape } = node;
  const form = groups === 1 ? '' : groups === shape[2] ? 'depthwise ' : 'grouped ';
  return `${form}${kernel}x${kernel}`;
}

function multiplyAddsOf(node: IntegerNode): number {
  if (!('weights' in node)) return 0;
  return node.op === 'convolution' ? node.weights.length * node.shape[0] * node.shape[1] : node.weights.length;
}

/** Times each node of a program on the kernels of `wasm`, by kind. A sum counts to the convolution that computes it. */
export async function timeKinds(program: IntegerProgram, pixels: Uint8Array, turns: number): Promise<KindTime[]> {
  const { set, module } = await integerWasmKernels('wasm');
  const spent = new Map<string, number>();
  const least = new Map<string, number>();
  const planned = await openProgram(program, set, module, {
    watch: ({ node }, compute) => {
      const started = performance.now();
      compute();
      spent.set(node, (spent.get(node) ?? 0) + performance.now() - started);
    },
  });
  for (let turn = 0; turn < turns; turn++) {
    spent.clear();
    planned.integerLogits(pixels);
    for (const [node, ms] of spent) least.set(node, Math.min(least.get(node) ?? Infinity, ms));
  }
  const kinds = new Map<string, KindTime>();
  for (const node of program.nodes) {
    const kind = kindOf(node);
    const known = kinds.get(kind) ?? { kind, multiplyAdds: 0, milliseconds: 0 };
    known.multiplyAdds += multiplyAddsOf(node);
    known.milliseconds += least.get(node.name) ?? 0;
    kinds.set(kind, known);
  }
  return [...kinds.values()].filter(({ milliseconds }) => milliseconds > 0).sort((a, b) => b.milliseconds - a.milliseconds);
}
