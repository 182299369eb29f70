/** `npm run package`: a finished run's student becomes a package. What can be done with one: `package-inspect.ts`, `package-verify.ts`, `package-diff.ts`. */
import type { Line } from '../configuration/command-line.ts';
import { configure } from '../configuration/configure.ts';
import { runSettings } from '../configuration/settings.ts';
import { buildPackage } from '../packaging/build-package.ts';
import { sayServed } from '../packaging/model-index.ts';
import { modelsSetting } from '../packaging/settings.ts';
import { readStudentRecord } from '../packaging/student.ts';
import { say } from '../support/say.ts';
import { omit, withDefaultOf, type SettingTable } from '../support/setting.ts';
import { path } from '../support/value.ts';
import { openRunData } from '../data/run-data.ts';

export const summary =
  "Freezes, quantizes, measures and packages a run's student (runs/<run>/student.safetensors). Of packages: package inspect DIR, package verify DIR, package diff A B.";

const AS_CONFIGURED = 'as the run was configured';

export const settings = {
  student: { ...path(''), help: "the run's student.safetensors", group: 'package', decides: 'nothing', required: 'FILE' },
  maxDrop: withDefaultOf(runSettings.maxDrop, AS_CONFIGURED),
  variants: withDefaultOf(runSettings.variants, AS_CONFIGURED),
  abstainError: withDefaultOf(runSettings.abstainError, AS_CONFIGURED),
  makeDefault: runSettings.makeDefault,
  ...modelsSetting,
} as const satisfies SettingTable;

export async function run({ given, values }: Line<typeof settings>): Promise<object> {
  const { student: studentPath, models, makeDefault } = values;
  const configuration = configure({ ...readStudentRecord(studentPath).configuration }, omit(given, ['student', 'models']));
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
