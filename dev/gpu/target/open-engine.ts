import { createWebgpuEngine } from '../../../pipeline/engines/webgpu.ts';
import { openAdapter } from '../../../pipeline/engines/webgpu/dawn.ts';
import type { Engine } from '../../../pipeline/engines/engine.ts';

export async function openEngine(): Promise<Engine> {
  const { description } = await openAdapter();
  return createWebgpuEngine({ name: 'webgpu', description });
}
