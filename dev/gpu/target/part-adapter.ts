import { openAdapter } from '../../../pipeline/engines/webgpu/dawn.ts';
import { tell } from './results.ts';

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** Describes the GPU and its limits. */
export async function adapterPart(): Promise<void> {
  const { adapter, description, software } = await openAdapter();
  tell({
    kind: 'adapter',
    value: {
      description,
      software,
      features: [...adapter.features].sort(),
      limits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
      vulkan: process.env.VK_DRIVER_FILES ?? "the loader's own search",
    },
  });
}
