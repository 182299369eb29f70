/**
 * Nodes of a TensorFlow GraphDef in protobuf's JSON mapping, as tfjs graph models hold them: strings are base64, integers
 * decimal strings.
 */
import type { Activation } from './operation.ts';

export interface GraphDefNode {
  op: string;
  name: string;
  input?: string[];
  attr: Record<string, object>;
}

export const FLOAT = { type: 'DT_FLOAT' };
export const INT32 = { type: 'DT_INT32' };

export const base64 = (text: string): { s: string } => ({ s: Buffer.from(text).toString('base64') });
export const integerList = (values: number[]): object => ({ list: { i: values.map(String) } });
export const NHWC = base64('NHWC');

/** A node that computes in float32. */
export function graphNode(op: string, name: string, input: string[], attr: Record<string, object> = {}): GraphDefNode {
  return { op, name, input, attr: { T: FLOAT, ...attr } };
}

/** Attributes of `_Fused…` nodes for the steps after the product: adding the bias, then the activation. */
export function fusedOps(activation: Activation): Record<string, object> {
  const ops = activation === 'none' ? ['BiasAdd'] : ['BiasAdd', activationOp(activation)];
  return { fused_ops: { list: { s: ops.map((op) => base64(op).s) } }, num_args: { i: '1' }, epsilon: { f: 0 } };
}

export const activationOp = (activation: Exclude<Activation, 'none'>): string => ({ relu: 'Relu', relu6: 'Relu6' })[activation];

/** The last node of `nodes` followed by an activation, if there is one. @param nodes makes them, given the last one's name */
export function withActivation(name: string, activation: Activation, nodes: (name: string) => GraphDefNode[]): GraphDefNode[] {
  if (activation === 'none') return nodes(name);
  const before = `${name}/linear`;
  return [...nodes(before), graphNode(activationOp(activation), name, [before])];
}
