/** Where a teacher that a preset names comes from, when it is not there yet. */
import { zooCheckpoint } from './cifar100.ts';
import { presetOfTeacher, presets } from './index.ts';

/** @returns the command that trains it, and the public file that can stand in for it; undefined for a name of no preset */
export function howToGetTeacher(teacher: string): string | undefined {
  const preset = presetOfTeacher(teacher);
  if (!preset) return undefined;
  const network = presets[preset].settings.student!;
  const elsewhere = preset.startsWith('cifar100/')
    ? `MDistiller's published one by --teacher PATH/${zooCheckpoint(network)} --teacher-network ${network}`
    : network.startsWith('torchvision.')
      ? `torchvision's weights by --teacher PATH/${network.slice('torchvision.'.length)}-….pth --teacher-network ${network}`
      : undefined;
  return [`train it by npm run teacher -- --preset ${preset}`, elsewhere && `or give ${elsewhere}`].filter(Boolean).join(', ');
}
