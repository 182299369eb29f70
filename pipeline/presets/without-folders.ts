import { basename } from 'node:path';
import type { Configuration } from './configuration.ts';

/**
 * A configuration as it goes to others, in a package or a teacher's checkpoint: the data set by its name, files by theirs.
 * Where its maker kept them is nobody's business.
 */
export function withoutFolders(configuration: Configuration): Configuration {
  // Students of before there was such a setting have none.
  const { data, teacher, teacherPreprocessing }: Omit<Configuration, 'teacherPreprocessing'> & { teacherPreprocessing?: string } = configuration;
  return { ...configuration, data: data.split(':')[0], teacher: basename(teacher), teacherPreprocessing: basename(teacherPreprocessing ?? '') };
}
