/** The order of the folders of `pipeline/`: each may import those after it. */
export const ORDER: readonly string[] = [
  'commands',
  'configuration',
  'schedulers',
  'comparison',
  'transfer',
  'packaging',
  'quantization',
  'training',
  'teachers',
  'evaluation',
  'reference',
  'distillers',
  'weights',
  'networks',
  'engines',
  'data',
  'store',
  'support',
];

/** Imports that run upward all the same, each with its reason. */
export const upwardAllowed: readonly { from: string; to: string; reason: string }[] = [];

/** Circles of files that stay, named by one file of theirs, each with its reason. */
export const circlesAllowed: readonly { through: string; reason: string }[] = [
  { through: 'pipeline/networks/graph.ts', reason: 'types alone: a node is one of the operations, and an operation describes its node' },
];
