/** A frozen network as an integer program: each operation states its own node (`toInteger`), this walks them. */
import { checkProgram, largestActivation, type ActivationBits, type IntegerProgram } from '@sld-edge/runtime/integer';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { frozenFormOf } from '../../networks/operations/index.ts';
import type { ActivationScale, IntegerOperand, IntegerScope } from '../../networks/operations/integer-def.ts';
import { scaleGroups } from './scale-groups.ts';

/** Returns the reason why a network has no integer form, in one line that names the operation; undefined if it has one. */
export function integerObstacle({ name, nodes, output }: FrozenNetwork): string | undefined {
  for (const node of nodes) {
    const { toInteger, noInteger } = frozenFormOf(node);
    if (!toInteger) return `${name} has no integer variant: its operation ${node.op} ("${node.name}") ${noInteger}`;
  }
  const last = nodes.find((node) => node.name === output)!;
  if (last.op !== 'linear' || last.shape.length !== 1)
    return `${name} has no integer variant: its logits come from ${last.op}, expected a linear layer`;
  return undefined;
}

/** @throws Error in one line for a network that has no integer form: `integerObstacle` */
export function assertIntegerForm(network: FrozenNetwork): void {
  const obstacle = integerObstacle(network);
  if (obstacle !== undefined) throw new Error(obstacle);
}

export interface LoweringOptions {
  activationBits?: ActivationBits;
  /** Scale of each output's weights, by the layer's name, where they lie on levels already (`round-network.ts`). */
  weightScales?: ReadonlyMap<string, Float64Array>;
}

/**
 * @param scales of each group of nodes that share one, by its first node (`scaleGroups`)
 * @param pixels the network's input is factor[c] · level + offset[c] of a pixel's level, 0 to 255
 * @returns a checked program
 * @throws Error in one line for a network that has no integer form
 */
export function lowerToIntegers(
  network: FrozenNetwork,
  scales: Map<string, ActivationScale>,
  pixels: IntegerScope['pixels'],
  { activationBits = 7, weightScales }: LoweringOptions = {},
): IntegerProgram {
  assertIntegerForm(network);
  const output = network.nodes.find(({ name }) => name === network.output)!;
  const groups = scaleGroups(network);
  const operands = new Map<string, IntegerOperand>();
  const nodes = network.nodes.map((node) => {
    const { name, shape, inputs } = node;
    const operand = { name, shape, ...scales.get(groups.get(name)!)! };
    operands.set(name, operand);
    const scope: IntegerScope = {
      name,
      inputs: inputs.map((input) => operands.get(input)!),
      output: { scale: operand.scale, zeroPoint: operand.zeroPoint },
      isOutput: node === output,
      pixels,
      largest: largestActivation(activationBits),
      ...(weightScales?.has(name) && { weightScales: weightScales.get(name)! }),
    };
    try {
      return frozenFormOf(node).toInteger!(node, scope);
    } catch (error) {
      throw new Error(`${network.name}, ${node.op} "${name}": ${(error as Error).message}`, { cause: error });
    }
  });
  const program: IntegerProgram = { name: network.name, ...(activationBits === 8 && { activationBits }), nodes };
  checkProgram(program);
  return program;
}
