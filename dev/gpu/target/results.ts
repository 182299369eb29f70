/** Results of a run, written as they come. */

export interface AdapterFound {
  description: string;
  software: boolean;
  features: string[];
  limits: Record<string, number>;
  vulkan: string;
}

export interface Correctness {
  pair: string;
  batchSize: number;
  /** Sum of the losses of each step: stored when the bundle was made, and found. */
  expected: number[];
  actual: number[];
  /** Largest relative difference of any single loss. */
  error: number;
  ok: boolean;
}

export interface KernelRow {
  name: string;
  dispatches: number;
  ms?: number;
}

export interface Rate {
  pair: string;
  batchSize: number;
  steps: number;
  msPerStep: number;
  /** Labelled images a second; a step sees two views of each. */
  imagesPerSecond: number;
  /** Time of the main thread until a step is queued. */
  hostMsPerStep: number;
  dispatches: number;
  submits: number;
  /** The GPU's memory in use, bytes. */
  bytes: number;
  firstStepMs: number;
  kernels: KernelRow[];
}

export interface PeerRate {
  pair: string;
  batchSize: number;
  /** `fp32`: TF32 off everywhere; `default`: as PyTorch comes, which is TF32 in convolutions. */
  precision: 'fp32' | 'default';
  channelsLast: boolean;
  msPerStep: number;
  imagesPerSecond: number;
}

export interface Distillation {
  stage: 'teacher' | 'student';
  epoch: number;
  epochs: number;
  loss: number;
  validationTop1: number;
  imagesPerSecond: number;
  secondsOfEpoch: number;
}

/** A line that a part writes to its parent. */
export type Message =
  | { kind: 'adapter'; value: AdapterFound }
  | { kind: 'correctness'; value: Correctness }
  | { kind: 'rate'; value: Rate }
  | { kind: 'peerDescription'; value: Record<string, unknown> }
  | { kind: 'peer'; value: PeerRate }
  | { kind: 'distillation'; value: Distillation }
  | { kind: 'note'; value: string };

export const tell = (message: Message): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
