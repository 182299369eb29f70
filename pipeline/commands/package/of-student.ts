/** `package --student`: a finished run's student becomes a package. */
import { configure } from '../../configuration/configure.ts';
import { openRunData } from '../../data/run-data.ts';
import { buildPackage } from '../../packaging/build-package.ts';
import { sayServed } from '../../packaging/model-index.ts';
import { readStudentRecord } from '../../packaging/student.ts';
import { say } from '../../support/say.ts';
import { pick } from '../../support/setting.ts';
import type { PackageLine } from './settings.ts';

const STATED = ['maxDrop', 'variants', 'abstainError', 'makeDefault'] as const;

export async function packageStudent(studentPath: string, { given, values: { models, makeDefault } }: PackageLine): Promise<object> {
  const stated = pick(
    given,
    STATED.filter((key) => key in given),
  );
  const configuration = configure({ ...readStudentRecord(studentPath).configuration }, stated);
  const data = await openRunData(configuration, say);
  const { maxDrop, variants, abstainError } = configuration;
  const { folder, manifest } = await buildPackage({
    studentPath,
    data,
    modelsFolder: models,
    maxDrop,
    variants,
    abstainError,
    makeDefault,
    say,
  });
  sayServed(models, configuration.name, say);
  return { package: folder, variants: manifest.variants };
}
