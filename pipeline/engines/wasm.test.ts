import { wasmEngine } from '../testing/engines.ts';
import { describeChannelCounts } from '../testing/channel-counts-conformance.ts';
import { describeLosses } from '../testing/losses-conformance.ts';
import { describeTrainingOps } from '../testing/training-ops-conformance.ts';
import { describeTransformerOps } from '../testing/transformer-ops-conformance.ts';

describeTrainingOps('wasm', '', wasmEngine);
describeTransformerOps('wasm', '', wasmEngine);
describeChannelCounts('wasm', '', wasmEngine);
describeLosses('wasm', '', wasmEngine);
