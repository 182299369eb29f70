/**
 * A network as quantization-aware training sees it (Jacob et al. 2018, arXiv 1712.05877, section 3): batch norms folded, weights
 * rounded to the levels of their output channel, activations to those of the integer variant, with gradients that pass straight
 * through the rounding. Scales are given and stay; the weights learn to live with them.
 */
import { freeze, type FrozenNetwork } from '../../networks/freeze.ts';
import type { Network } from '../../networks/graph.ts';
import { frozenFormOf } from '../../networks/operations/index.ts';
import type { ActivationScale } from '../../networks/operations/integer-def.ts';
import { stepName, type NetworkState } from '../../networks/state.ts';
import { stateFromUnfrozen, unfreeze, type UnfrozenNetwork } from '../../networks/unfreeze.ts';
import { findScales, INT4_CHANNELS, INT8_CHANNELS } from '../../networks/rounding.ts';
import { roundedState, weightAxes } from '../../networks/rounding-in-training.ts';
import { activationsBeforeConcat } from '../integer/activations-before-concat.ts';
import { scaleGroups } from '../integer/scale-groups.ts';

/** Rounding of weights by their bits. 32: none, for comparison. */
export const WEIGHT_ROUNDINGS = { 4: INT4_CHANNELS, 8: INT8_CHANNELS, 32: undefined } as const;

export type WeightBits = keyof typeof WEIGHT_ROUNDINGS;

/** The frozen form whose nodes scales are given for: that which becomes an integer program. */
export const quantizableForm = (network: Network, state: NetworkState): FrozenNetwork => activationsBeforeConcat(freeze(network, state));

/**
 * @param frozen as `quantizableForm` makes it
 * @param scales of groups of nodes, as `lowerToIntegers` takes them; absent: activations stay as they are
 * @param learnsSteps trains the steps of the weights, too
 * @throws Error in one line for a network that can't be unfrozen
 */
export function fakeQuantized(
  frozen: FrozenNetwork,
  bits: WeightBits,
  scales?: Map<string, ActivationScale>,
  learnsSteps = false,
): UnfrozenNetwork {
  const groups = scaleGroups(frozen);
  const { network, state, values } = unfreeze(frozen, (g, value, node) => {
    // What moves values leaves them on the levels where they are; logits are 32-bit integers.
    if (!scales || frozenFormOf(node).keepsScale || node.name === frozen.output) return value;
    const { scale, zeroPoint } = scales.get(groups.get(node.name)!)!;
    return g.node('fakeQuantize', [value], { scale, zeroPoint });
  });
  const weightRounding = WEIGHT_ROUNDINGS[bits];
  if (!weightRounding) return { network, state, values };
  if (!learnsSteps) return { network: { ...network, weightRounding }, state, values };
  const learned = { ...network, weightRounding, learnsSteps };
  return { network: learned, state: withFirstSteps(learned, state), values };
}

/** Steps of least squared error, from which learned ones start. */
function withFirstSteps(network: Network, state: NetworkState): NetworkState {
  const rounding = { ...network.weightRounding!, rule: 'least-error' } as const;
  return new Map(
    [...weightAxes(network).keys()].reduce((entries, name) => {
      const { data, shape } = state.get(name)!;
      const scales = findScales({ data, shape, outputAxis: 0 }, rounding);
      return entries.set(stepName(name), { shape: [shape[0]], data: Float32Array.from(scales, ({ scale }) => scale) });
    }, new Map(state)),
  );
}

/**
 * Result of such a training, as a state of the network that it began with: its weights are on their levels, so that rounding them again
 * changes nothing, and every command that reads that network reads this state.
 */
export const quantizedState = (network: Network, { network: folded, state }: Pick<UnfrozenNetwork, 'network' | 'state'>): NetworkState =>
  stateFromUnfrozen(network, roundedState(folded, state));
