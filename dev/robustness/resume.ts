/**
 * `npm run dev:resume`: is an interrupted training worth as much as an uninterrupted one? Kills training processes by
 * SIGKILL at random moments, continues them as a user would, and compares the weights bit by bit. Every second moment is
 * drawn from the whole life of the process (start, training, packaging), the others from its training alone.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type Random } from '../../pipeline/data/augmentation/index.ts';
import { jsonSetting, type Line } from '../../pipeline/configuration/command-line.ts';
import { flagOf, type SettingTable } from '../../pipeline/support/setting.ts';
import { someNames, whole } from '../../pipeline/support/value.ts';
import { configurationFrom } from '../../pipeline/configuration/from-line.ts';
import { engineNames, type EngineName } from '../../pipeline/engines/engine.ts';
import { runFolderOf } from '../../pipeline/configuration/run-folder-name.ts';
import { checkPackages } from '../../pipeline/packaging/check/check-models-folder.ts';
import { defaults } from '../../pipeline/configuration/settings.ts';
import { readSafetensors } from '../../pipeline/weights/safetensors.ts';
import { writeCifarFolder } from '../../pipeline/testing/cifar-folder.ts';
import { startCli } from '../../pipeline/testing/run-cli.ts';
import { readCheckpoint } from '../../pipeline/training/checkpoint.ts';
import { benchSetting, runBench } from '../../bench/command.ts';

const settings = {
  engines: { ...benchSetting, ...someNames<EngineName>(['tensorflow', 'wasm'], engineNames), help: 'which train' },
  kills: { ...benchSetting, ...whole(10, { from: 1 }), help: 'kills of each command on each engine' },
  epochs: { ...benchSetting, ...whole(12, { from: 1 }), help: 'epochs of each training' },
  seed: { ...benchSetting, ...whole(1, { from: 0 }), help: 'start of the random moments' },
  replicas: { ...benchSetting, ...whole(defaults.replicas, { from: 0 }), help: 'copies of the network; 0: as suits the engine' },
  ...jsonSetting,
} as const satisfies SettingTable;

interface Subject {
  args(engine: string, epochs: number): string[];
  /** Folder of the run, under its working folder. */
  folder: string;
  /** Files whose tensors must be those of an uninterrupted run, under the working folder. */
  results: string[];
}

interface Kill {
  /** Start of `afterMs`. */
  from: 'start' | 'training';
  afterMs: number;
  /** Epochs of the checkpoint that it left; 0: none yet. */
  epochsDone: number;
}

interface Outcome {
  command: string;
  engine: string;
  kills: Kill[];
  /** Runs that came to their end, interrupted so many times each; all are compared. */
  interruptions: number[];
  identical: boolean;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Calls `action` when the process says that its first epoch begins. */
function onTraining({ stderr }: ChildProcess, action: () => void): void {
  const listen = (text: string): void => {
    if (!/^training /m.test(text)) return;
    stderr!.off('data', listen);
    action();
  };
  stderr!.on('data', listen);
}

/** Runs a command to its end. @returns how long its training took, with what came after. @throws Error where it does not succeed. */
async function complete(args: string[], cwd: string): Promise<number> {
  mkdirSync(cwd, { recursive: true });
  let began = performance.now();
  const { child, result } = startCli(args, cwd);
  onTraining(child, () => (began = performance.now()));
  const { status, stderr } = await result;
  if (status !== 0) throw new Error(`${args.join(' ')}: status ${status}: ${stderr.trimEnd().split('\n').at(-1)}`);
  return performance.now() - began;
}

/** Every tensor of a run's results, as hexadecimal bits. */
function bitsOf(cwd: string, { results }: Subject): Map<string, string> {
  return new Map(
    results.flatMap((path) =>
      [...readSafetensors(join(cwd, path)).tensors].map(([name, { data: values }]): [string, string] => [
        `${path}/${name}`,
        Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex'),
      ]),
    ),
  );
}

const equal = (a: Map<string, string>, b: Map<string, string>): boolean =>
  a.size === b.size && [...a].every(([name, bits]) => b.get(name) === bits);

async function run({ values }: Line<typeof settings>): Promise<boolean> {
  const { kills, epochs, seed, replicas } = values;
  const root = mkdtempSync(join(tmpdir(), 'sld-edge-resume-'));
  const data = `cifar10:${join(root, 'images')}`;
  const teacher = join(root, 'teacher.safetensors');
  const same = { data, validationCount: 10, batchSize: 20, seed: 7, replicas, name: 'tiny' };
  const settingFlags = Object.entries(same).flatMap(([key, value]) => [`--${flagOf(key)}`, String(value)]);
  const teacherFolder = runFolderOf(configurationFrom({ ...same, student: 'resnet14' }, { preset: 'teacher' }));
  const distillFolder = runFolderOf(configurationFrom({ ...same, teacher }));
  const subjects: Record<string, Subject> = {
    teacher: {
      args: (engine, count) => [
        'teacher',
        ...settingFlags,
        '--student',
        'resnet14',
        '--epochs',
        String(count),
        '--warmup-epochs',
        '0',
        '--engine',
        engine,
        '--out',
        'teacher.safetensors',
      ],
      folder: teacherFolder,
      results: ['teacher.safetensors', join(teacherFolder, 'checkpoint.safetensors')],
    },
    distill: {
      args: (engine, count) => [
        'distill',
        ...settingFlags,
        '--teacher',
        teacher,
        '--epochs',
        String(count),
        '--engine',
        engine,
        '--max-drop',
        '100',
        '--models',
        'packages',
      ],
      folder: distillFolder,
      results: [join(distillFolder, 'student.safetensors'), join(distillFolder, 'checkpoint.safetensors')],
    },
  };

  async function check(command: string, engine: string, random: Random): Promise<Outcome> {
    const subject = subjects[command];
    const args = subject.args(engine, epochs);
    const whole = join(root, `${command}-${engine}-whole`);
    const cwd = join(root, `${command}-${engine}-killed`);
    const began = performance.now();
    let trainingMs = await complete(args, whole);
    let wholeMs = performance.now() - began;
    const expected = bitsOf(whole, subject);
    say(`${command} on ${engine}: uninterrupted in ${(wholeMs / 1000).toFixed(1)} s, ${expected.size} tensors`);

    const outcome: Outcome = { command, engine, kills: [], interruptions: [], identical: true };
    const checkpoint = join(cwd, subject.folder, 'checkpoint.safetensors');
    const resumeFlag = (): string[] => (existsSync(checkpoint) ? ['--resume'] : []);
    let interrupted = 0;

    const compare = async (): Promise<void> => {
      const same = equal(bitsOf(cwd, subject), expected);
      if (command === 'distill') await checkPackages(join(cwd, 'packages'));
      outcome.interruptions.push(interrupted);
      outcome.identical &&= same;
      say(`  a run interrupted ${interrupted} times: ${same ? 'the same weights, bit for bit' : 'OTHER weights'}`);
      rmSync(cwd, { recursive: true });
      interrupted = 0;
    };

    while (outcome.kills.length < kills) {
      mkdirSync(cwd, { recursive: true });
      const from = outcome.kills.length % 2 === 0 ? 'training' : 'start';
      const share = 1 - (readCheckpoint(checkpoint)?.epochsDone ?? 0) / epochs;
      const afterMs = Math.round(random.next() * (from === 'training' ? share * trainingMs : wholeMs));
      const started = performance.now();
      let training = started;
      const { child, result } = startCli([...args, ...resumeFlag()], cwd);
      onTraining(child, () => (training = performance.now()));
      let timer: NodeJS.Timeout | undefined;
      const arm = (): void => void (timer = setTimeout(() => child.kill('SIGKILL'), afterMs));
      if (from === 'start') arm();
      else onTraining(child, arm);
      const { status, signal, stderr } = await result;
      clearTimeout(timer);
      if (signal === 'SIGKILL') {
        const epochsDone = readCheckpoint(checkpoint)?.epochsDone ?? 0;
        outcome.kills.push({ from, afterMs, epochsDone });
        interrupted++;
        say(
          `  kill ${outcome.kills.length}, ${(afterMs / 1000).toFixed(2)} s after its ${from}${from === 'training' ? ' began' : ''}: ${epochsDone} of ${epochs} epochs in the checkpoint`,
        );
      } else if (status === 0) {
        // The machine became faster than it was: moments are drawn from what a run takes now.
        if (interrupted === 0) [wholeMs, trainingMs] = [performance.now() - started, performance.now() - training];
        await compare();
      } else throw new Error(`${command} on ${engine} failed where it should have gone on: ${stderr.trimEnd().split('\n').at(-1)}`);
    }
    await complete([...args, ...resumeFlag()], cwd);
    await compare();
    rmSync(whole, { recursive: true });
    return outcome;
  }

  const outcomes: Outcome[] = [];
  try {
    writeCifarFolder(join(root, 'images'), { train: 110, test: 30 });
    await complete([...subjects.teacher.args('wasm', 1), '--out', teacher], root);
    const random = createRandom(seed);
    for (const engine of values.engines) {
      for (const command of Object.keys(subjects)) outcomes.push(await check(command, engine, random));
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  for (const { command, engine, kills: done, interruptions, identical } of outcomes) {
    const during = done.filter(({ epochsDone }) => epochsDone > 0).length;
    say(
      `${command} on ${engine}: ${done.length} kills (${during} after the first checkpoint), ${interruptions.length} runs finished, ${interruptions.filter((count) => count > 0).length} of them interrupted; ${identical ? 'weights bit-identical' : 'FAIL: weights differ'}`,
    );
  }
  if (values.json) console.log(JSON.stringify({ node: process.version, replicas, outcomes }));
  return outcomes.every(({ identical }) => identical);
}

await runBench({
  name: 'dev:resume',
  summary:
    'Is an interrupted training worth as much as an uninterrupted one? Kills trainings at random moments, resumes them and compares the weights bit by bit.',
  settings,
  run,
});
