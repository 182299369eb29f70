import { webgpuEngine } from '../testing/engines.ts';
import { softwareWebgpu } from '../testing/software-webgpu.ts';
import { describeChannelCounts } from '../testing/channel-counts-conformance.ts';
import { describeLosses } from '../testing/losses-conformance.ts';
import { describeTrainingOps } from '../testing/training-ops-conformance.ts';
import { describeTransformerOps } from '../testing/transformer-ops-conformance.ts';

const { missing } = await softwareWebgpu();

describeTrainingOps('webgpu', missing, webgpuEngine);
describeTransformerOps('webgpu', missing, webgpuEngine);
describeChannelCounts('webgpu', missing, webgpuEngine);
describeLosses('webgpu', missing, webgpuEngine);
