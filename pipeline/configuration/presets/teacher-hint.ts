/** Tells how to get a teacher that a preset names and that is not there yet. */
import { existsSync } from 'node:fs';
import { UsageError } from '../../support/usage-error.ts';
import { checkpointIn, ownTeachersFolder, teachersFolder } from '../../teachers/teacher.ts';
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

/** @throws UsageError saying how to get a teacher that a preset names and that is not there yet */
export function refuseUntrained(teacher: string): void {
  const isThere = [checkpointIn(teachersFolder, teacher), checkpointIn(ownTeachersFolder, teacher), teacher].some((path) =>
    existsSync(path),
  );
  const hint = isThere ? undefined : howToGetTeacher(teacher);
  if (hint) throw new UsageError(`no teacher "${teacher}" yet: ${hint}`);
}
