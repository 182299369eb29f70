/** Groups the nodes of a frozen network that share one scale in integers: a node that moves values has their scale. */
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { frozenFormOf } from '../../networks/operations/index.ts';

/** Name of the first node of each node's group, by the node's name. */
export function scaleGroups({ nodes }: FrozenNetwork): Map<string, string> {
  const groupOf = new Map<string, string>();
  for (const node of nodes) {
    groupOf.set(node.name, node.name);
    if (!frozenFormOf(node).keepsScale) continue;
    const first = groupOf.get(node.inputs[0])!;
    const joined = new Set([node.name, ...node.inputs.map((name) => groupOf.get(name)!)]);
    for (const [name, group] of groupOf) if (joined.has(group)) groupOf.set(name, first);
  }
  return groupOf;
}
