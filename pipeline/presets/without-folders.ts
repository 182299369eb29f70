import { basename } from 'node:path';
import type { Configuration } from './configuration.ts';

/**
 * A configuration as it goes to others, in a package or a teacher's checkpoint: the data set by its name, files by theirs.
 * Where its maker kept them is nobody's business.
 */
export function withoutFolders(configuration: Configuration): Configuration {
  const { data, teacher, teacherPreprocessing } = configuration;
  return { ...configuration, data: data.split(':')[0], teacher: basename(teacher), teacherPreprocessing: basename(teacherPreprocessing) };
}
