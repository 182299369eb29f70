import { wasmEngine } from '../testing/engines.ts';
import { describeTrainingOps } from '../testing/training-ops-conformance.ts';

describeTrainingOps('wasm', '', wasmEngine);
