import { cachedTensorflow, tensorflowEngine } from '../testing/engines.ts';
import { describeChannelCounts } from '../testing/channel-counts-conformance.ts';
import { describeTrainingOps } from '../testing/training-ops-conformance.ts';
import { describeTransformerOps } from '../testing/transformer-ops-conformance.ts';

const { handle, missing } = await cachedTensorflow();

describeTrainingOps('tensorflow', missing, () => tensorflowEngine(handle!));
describeTransformerOps('tensorflow', missing, () => tensorflowEngine(handle!));
describeChannelCounts('tensorflow', missing, () => tensorflowEngine(handle!));
