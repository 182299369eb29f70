import { cachedTensorflow, tensorflowEngine } from '../testing/engines.ts';
import { describeTrainingOps } from '../testing/training-ops-conformance.ts';

const { handle, missing } = await cachedTensorflow();

describeTrainingOps('tensorflow', missing, () => tensorflowEngine(handle!));
