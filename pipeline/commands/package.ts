/** `npm run package`: a finished run's student becomes a package. What can be done with one: `package-inspect.ts`, `package-verify.ts`, `package-diff.ts`. */
import { buildPackage } from '../packaging/build-package.ts';
import { readStudentRecord } from '../packaging/student.ts';
import { configure, type Configuration } from '../presets/index.ts';
import { openRunData } from '../data/run-data.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';
import { abstainErrorOf, maxDropOf, modelsFlag, say } from './run-options.ts';

export const summary = "Freezes, quantizes, measures and packages a run's student (runs/<run>/student.safetensors). Of packages: package inspect DIR, package verify DIR, package diff A B.";

export const flags: Flags = {
  student: { type: 'string', help: "the run's student.safetensors" },
  'max-drop': { type: 'string', help: 'points of top-1 that quantization may cost (default: as the run was configured)' },
  variants: { type: 'string', help: 'variants of the package with commas between, beside float32 and uint8; auto: integer, where the network has a form for it and it costs no more than --max-drop (default: as the run was configured)' },
  'abstain-error': { type: 'string', help: 'fraction of the answers given that may be wrong on validation images; the package withholds less sure ones; 0: none (default: as the run was configured)' },
  ...modelsFlag,
};

export async function run(values: FlagValues): Promise<object> {
  if (!values.student) throw new UsageError('package expects --student FILE');
  const studentPath = values.student as string;
  const configuration = configured({ ...readStudentRecord(studentPath).configuration, ...(values.variants !== undefined && { variants: values.variants as string }) });
  const abstainError = abstainErrorOf(values, configuration.abstainError);
  const data = await openRunData(configuration, say);
  const { folder, manifest } = await buildPackage({ studentPath, data, modelsFolder: (values.models as string) ?? 'models', maxDrop: maxDropOf(values, configuration.maxDrop), variants: configuration.variants, abstainError, say });
  return { package: folder, variants: manifest.variants };
}

/** @throws UsageError in one line where a flag is no value of its setting */
function configured(settings: Partial<Configuration>): Configuration {
  try {
    return configure(settings);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
