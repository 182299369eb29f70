/** The operations that networks are made of. Adding one is one file and one line here (and a method of `GraphBuilder`, where that reads better). */
import { activation } from './activation.ts';
import { add } from './add.ts';
import { attention } from './attention.ts';
import { average } from './average.ts';
import { averagePool } from './average-pool.ts';
import { batchNorm } from './batch-norm.ts';
import { channelShuffle } from './channel-shuffle.ts';
import { channelSlice } from './channel-slice.ts';
import { classToken } from './class-token.ts';
import { concat } from './concat.ts';
import { conv2d } from './conv2d.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { dropPath } from './drop-path.ts';
import { dropout } from './dropout.ts';
import { fakeQuantize } from './fake-quantize.ts';
import { gelu } from './gelu.ts';
import { globalAveragePool } from './global-average-pool.ts';
import { groupedConv2d } from './grouped-conv2d.ts';
import { hardSigmoid, hardSwish } from './hard-curves.ts';
import { input } from './input.ts';
import { layerNorm } from './layer-norm.ts';
import { layerScale } from './layer-scale.ts';
import { linear } from './linear.ts';
import { maxPool } from './max-pool.ts';
import { multiply } from './multiply.ts';
import { padChannels } from './pad-channels.ts';
import { subsample } from './subsample.ts';
import { takeToken } from './take-token.ts';
import type { FrozenBase, FrozenForm, FrozenOf, NodeOf, Operation } from './operation.ts';

export const operations = {
  input,
  conv2d,
  depthwiseConv2d,
  groupedConv2d,
  batchNorm,
  activation,
  add,
  average,
  concat,
  channelShuffle,
  channelSlice,
  padChannels,
  subsample,
  maxPool,
  averagePool,
  globalAveragePool,
  dropout,
  fakeQuantize,
  linear,
  classToken,
  layerNorm,
  layerScale,
  attention,
  gelu,
  hardSigmoid,
  hardSwish,
  multiply,
  dropPath,
  takeToken,
};

type Operations = typeof operations;
export type OperationName = keyof Operations;

type Parts<O> = O extends Operation<infer Op, infer Attributes, infer Frozen> ? { op: Op; attributes: Attributes; frozen: Frozen } : never;
type PartsOf<Op extends OperationName> = Parts<Operations[Op]>;

export type AttributesOf<Op extends OperationName> = PartsOf<Op>['attributes'];
/** A node of a graph; `op` says which. */
export type GraphNode = { [Op in OperationName]: NodeOf<PartsOf<Op>['op'], PartsOf<Op>['attributes']> }[OperationName];
/** A node of a frozen network; `op` says which. Plain data. */
export type FrozenNode = { [Op in OperationName]: FrozenOf<PartsOf<Op>['op'], PartsOf<Op>['frozen']> }[OperationName];

/** The operation of a node, its types forgotten: a table can't tell TypeScript that a node's `op` leads to what takes it. */
export const operationOf = (node: { op: OperationName }): Operation<string, object> =>
  operations[node.op] as unknown as Operation<string, object>;

/** Returns how a frozen node is run and written. */
export const frozenFormOf = (node: { op: OperationName }): FrozenForm<FrozenBase> => operationOf(node).frozen as FrozenForm<FrozenBase>;
