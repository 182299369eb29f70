import { tmpdir } from 'node:os';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../testing/run-cli.ts';
import { runLineIn } from '../testing/run-line-in.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

/** Lines as a user types them, in this process: exit status, one clear line, no stack, nothing left behind. */
describe('the command line refuses', () => {
  it.for<[what: string, args: string[], status: number, message: RegExp]>([
    ['an unknown command', ['distil'], 2, /^error: unknown command "distil"; did you mean distill\?; sld-edge --help lists the commands$/],
    ['a name of Object’s own', ['constructor'], 2, /^error: unknown command "constructor"/],
    [
      'an unknown flag',
      ['distill', '--presett', 'quick'],
      2,
      /^error: distill has no flag --presett; did you mean preset\?; npm run distill -- --help all lists its flags$/,
    ],
    [
      'a setting that the command does not use',
      ['teacher', '--teacher', 'big.pth'],
      2,
      /^error: teacher does not use --teacher; it is for distill, .*, as in npm run distill -- --teacher big\.pth$/,
    ],
    [
      'a method for a teacher',
      ['teacher', '--method=kd'],
      2,
      /^error: teacher does not use --method; it is for distill, .*, as in npm run distill -- --method=kd$/,
    ],
    [
      'a preset that is no teacher’s',
      ['teacher', '--preset', 'long'],
      2,
      /^error: a teacher learns from the labels alone, and preset long is sld's; its teacher is trained by --preset teacher$/,
    ],
    [
      'a setting without effect',
      ['distill', '--method', 'ce', '--teacher', 'big.pth'],
      2,
      /^error: --teacher has no effect: the method ce learns from the labels alone$/,
    ],
    [
      'a teacher that a preset names and that is not there',
      ['distill', '--preset', 'cifar100/resnet56-resnet20'],
      2,
      /^error: no teacher "resnet56\.cifar100" yet: train it by npm run teacher -- --preset cifar100\/resnet56, or give /,
    ],
    [
      'data that no teacher knows',
      ['distill', '--data', './birds', '--preset', 'default'],
      2,
      /^error: no teacher knows birds yet: npm run teacher -- --data folder:\.\/birds trains one, /,
    ],
    ['a folder that is not there', ['distill', '--data', './birds'], 1, /^error: .*birds/],
    [
      'a time budget for what is not planned',
      ['distill', '--minutes', '5'],
      2,
      /^error: --minutes has no effect: it is for a folder of pictures for which no teacher, method or preset is stated/,
    ],
    ['a flag without its value', ['distill', '--data'], 2, /^error: distill: .*--data/],
    [
      'an unknown preset',
      ['distill', '--preset', 'qiuck'],
      2,
      /^error: unknown preset "qiuck"; did you mean quick\?; allowed: default, quick, long, teacher, /,
    ],
    ['two presets', ['distill', '--quick', '--preset', 'long'], 2, /^error: --quick is a preset of its own/],
    ['a number that is none', ['distill', '--epochs', 'many'], 2, /^error: --epochs expects a whole number from 1, got "many"$/],
    [
      'an impossible combination',
      ['distill', '--epochs', '1', '--warmup-epochs', '3'],
      2,
      /^error: setting "warmupEpochs" expects a number from 0 to below the 1 of "epochs", got 3$/,
    ],
    ['evaluate without a model', ['evaluate'], 2, /^error: evaluate expects --model PACKAGE, CHECKPOINT or ONNX MODEL$/],
    ['quantize without a student', ['quantize'], 2, /^error: quantize expects --student FILE or --model CHECKPOINT$/],
    [
      'quantize to what there is not',
      ['quantize', '--model', 'x', '--encodings', 'int8,int3'],
      2,
      /^error: --encodings expects some of float32, float16, uint8, int8, int4, int4g32, with commas between, got "int8,int3"$/,
    ],
    [
      'quantize by the name that it had of integers',
      ['quantize:integer', '--model', 'x'],
      2,
      /^error: quantize:integer is a part of quantize now: npm run quantize -- --to integer$/,
    ],
    [
      'quantize by the name that it had of training',
      ['quantize:aware'],
      2,
      /^error: quantize:aware is a part of quantize now: npm run quantize -- --to integer --train$/,
    ],
    [
      'quantize to integers with what is for mixes',
      ['quantize', '--model', 'x', '--to', 'integer', '--points', '3'],
      2,
      /^error: --points has no effect: it is for --to mixed without --train$/,
    ],
    [
      'quantize with what is for training',
      ['quantize', '--model', 'x', '--epochs', '3'],
      2,
      /^error: --epochs has no effect: it is for --train$/,
    ],
    [
      'quantize in bits that there are not',
      ['quantize', '--student', 'x', '--train', '--bits', '5'],
      2,
      /^error: --bits expects one of 4, 8, 32, got "5"$/,
    ],
    [
      'quantize 4-bit weights for integers',
      ['quantize', '--student', 'x', '--train', '--bits', '4', '--to', 'integer'],
      2,
      /^error: --to integer does not go with --bits 4: the integer variant has 8-bit weights$/,
    ],
    [
      'package of a student that is not there',
      ['package', '--student', 'none.safetensors'],
      1,
      /^error: cannot read the checkpoint none\.safetensors: ENOENT/,
    ],
    [
      'package of a word that it does not know',
      ['package', 'inspekt', '.'],
      2,
      /^error: unknown command "package inspekt"; did you mean inspect\?; allowed: package, package inspect, package verify, package diff, package export$/,
    ],
    [
      'an error rate that is none',
      ['distill', '--abstain-error', '1'],
      2,
      /^error: --abstain-error expects a number from 0 to below 1, got "1"$/,
    ],
    ['package inspect without a folder', ['package', 'inspect'], 2, /^error: package inspect expects DIR, got nothing$/],
    ['package diff of one package', ['package', 'diff', 'one'], 2, /^error: package diff expects A B, got one$/],
    [
      'package verify of a folder that is no package',
      ['package', 'verify', '.'],
      1,
      /^error: \. is no package: expected a folder with manifest\.json, as models\/<name>\/<version> is one$/,
    ],
    ['a word where a command takes none', ['quantize', 'student'], 2, /^error: quantize: Unexpected argument 'student'/],
    [
      'quantize of a file that is no checkpoint',
      ['quantize', '--student', 'notes.txt'],
      1,
      /^error: notes\.txt is not a usable safetensors file: /,
    ],
    ['verify where there is no package', ['verify', '--models', 'none'], 1, /^error: no package in none; npm run distill makes one$/],
    ['serve without a folder', ['serve'], 2, /^error: serve expects MODELS, got nothing$/],
    [
      'serve where there is no package',
      ['serve', 'none', '--workers', '2'],
      1,
      /^error: no packages in .*none; npm run distill makes one$/,
    ],
    ['deploy where there is no package', ['deploy', '--models', 'none'], 1, /^error: no packages in .*none; npm run distill makes one$/],
    ['verify:losses without a folder', ['verify:losses'], 2, /^error: verify:losses expects --reference DIR$/],
    ['verify:augmentation of a folder that is not there', ['verify:augmentation', '--reference', 'none'], 1, /^error: .*none.*ENOENT/],
  ])('%s', async ([, args, status, message], { onTestFinished }) => {
    const cwd = temporaryFolder(onTestFinished);
    writeFileSync(join(cwd, 'notes.txt'), 'some notes, and nothing that a network could be read from');
    const result = await runLineIn(cwd, args);
    expect(result.stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(message)]);
    expect(result.status).toBe(status);
    expect(result.stdout).toBe('');
    expect(readdirSync(cwd)).toEqual(['notes.txt']);
  });

  it.for<[what: string, args: string[], message: RegExp]>([
    [
      'an unknown data set',
      ['distill', '--data', 'mnist'],
      /^error: --data expects fashion-mnist, cifar10, cifar100, folder with an optional path .*, got "mnist"$/,
    ],
    [
      'a folder of data that is not there',
      ['distill', '--data', 'cifar10:none', '--method', 'ce'],
      /^error: expected a folder with the data set's files, there is none at .*none$/,
    ],
    ['a folder of data that is empty', ['distill', '--data', 'cifar10:.', '--method', 'ce'], /^error: .* holds no batches\.meta\.txt/],
    [
      'an unknown student',
      ['distill', '--student', 'resnet9'],
      /^error: --student expects one of resnet8, .*, got "resnet9"; did you mean resnet\d+\?$/,
    ],
    [
      'an unknown method',
      ['distill', '--method', 'sdl'],
      /^error: --method expects one of ce, kd, .*sld, with options as in sld\{studentSwap=false\}, got "sdl"/,
    ],
    [
      'an option that the method lacks',
      ['distill', '--method-options', 'kdWieght=1'],
      /^error: unknown option "kdWieght" of method sld; allowed: views, temperatures, /,
    ],
    [
      'an option out of its range',
      ['distill', '--method', 'kd{temperature=0}'],
      /^error: option "temperature" of method kd is 0; allowed: a number above 0$/,
    ],
    ['an unknown engine', ['distill', '--engine', 'cuda'], /^error: --engine expects one of auto, tensorflow, webgpu, wasm, got "cuda"$/],
  ])('%s, before anything is trained', async ([, args, message], { onTestFinished }) => {
    const cwd = temporaryFolder(onTestFinished);
    const result = await runLineIn(cwd, args);
    const lines = result.stderr.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(message);
    expect(lines.filter((line) => /^error:|^\s+at /.test(line))).toHaveLength(1);
    expect(result.status).toBeGreaterThan(0);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('--help', () => {
  it.for([
    'distill',
    'teacher',
    'compare',
    'doctor',
    'deploy',
    'evaluate',
    'quantize',
    'package',
    'verify',
    'export-images',
    'check:integer',
    'verify:losses',
    'verify:networks',
    'verify:augmentation',
  ])('%s lists its flags in groups on stdout and does nothing', async (command, { onTestFinished }) => {
    const cwd = temporaryFolder(onTestFinished);
    const { status, stdout, stderr } = await runLineIn(cwd, [command, '--help']);
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`^npm run ${command} -- \\[flags\\]\n\n\\S.*\n\n`));
    for (const line of stdout.trimEnd().split('\n').slice(4))
      expect(line).toMatch(/^( {2}--[a-z-]+ {2,}\S.*|[a-z ,]+:|\d+ more: npm run [a-z:]+ -- --help all|)$/);
    expect(stdout).toMatch(/^ {2}--help +print this; --help all prints every setting$/m);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('shows of distill what people need first, and the rest with --help all', async ({ onTestFinished }) => {
    const cwd = temporaryFolder(onTestFinished);
    const short = (await runLineIn(cwd, ['distill', '--help'])).stdout;
    const all = (await runLineIn(cwd, ['distill', '--help', 'all'])).stdout;
    expect(short.match(/^ {2}--/gm)!.length).toBeLessThanOrEqual(20);
    for (const flag of ['data', 'teacher', 'student', 'method', 'epochs', 'preset', 'engine'])
      expect(short).toMatch(new RegExp(`^ {2}--${flag} `, 'm'));
    expect(all.match(/^ {2}--/gm)!.length).toBeGreaterThan(35);
    expect(all).toMatch(/^ {2}--variants +variants of the package/m);
    expect(all.match(/^[a-z, ]+:$/gm)).toHaveLength(5);
  });

  it('shows for teacher the defaults of its own preset', async ({ onTestFinished }) => {
    const { stdout } = await runLineIn(temporaryFolder(onTestFinished), ['teacher', '--help', 'all']);
    expect(stdout).toMatch(/^ {2}--preset .*\(default teacher\)$/m);
    expect(stdout).toMatch(/^ {2}--epochs .*\(default 20\)$/m);
    expect(stdout).toMatch(/^ {2}--student .*\(default resnet20\)$/m);
    expect(stdout).not.toMatch(/--teacher/);
  });

  it.for([[], ['--help'], ['help']])('%j lists the commands in groups with a line each', async (args, { onTestFinished }) => {
    const { status, stdout, stderr } = await runLineIn(temporaryFolder(onTestFinished), args);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^sld-edge COMMAND \[flags\], or npm run COMMAND -- \[flags\]\n/);
    expect(stdout).toMatch(/^ {2}distill +images and a teacher to a verified package in models\/$/m);
    expect(stdout.match(/^[a-z ]+:$/gm)).toHaveLength(4);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  it('of a command of two words says what stands without a flag', async ({ onTestFinished }) => {
    const { status, stdout } = await runLineIn(temporaryFolder(onTestFinished), ['package', 'diff', '--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^npm run package -- diff A B \[flags\]\n/);
  });
});

/** Throws as soon as the command line is ready for it, where nobody waits: `at` is code that runs then. */
const throwing = (at: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    `process.on('newListener', (name) => { if (name === 'uncaughtException') setTimeout(() => { ${at} }); });`,
  )}`,
});

describe('a process of its own', { concurrent: true }, () => {
  // The first one compiles the pipeline, with listeners of the compiler's.
  beforeAll(async () => {
    await runCli(['doctor', '--help'], tmpdir());
  });

  it.for<[what: string, args: string[], more: NodeJS.ProcessEnv, status: number, stdout: RegExp, stderr: RegExp]>([
    [
      'ends with 2 and one line after a mistake on the line',
      ['distill', '--presett'],
      {},
      2,
      /^$/,
      /^error: distill has no flag --presett; .*\n$/,
    ],
    ['ends with 1 and one line after any other error', ['verify', '--models', 'none'], {}, 1, /^$/, /^error: no package in none; .*\n$/],
    ['ends with 0 and prints the help', ['doctor', '--help'], {}, 0, /^npm run doctor -- \[flags\]\n/, /^$/],
    [
      'shows the whole error where it is asked to',
      ['verify', '--models', 'none'],
      { SLD_EDGE_DEBUG: '1' },
      1,
      /^$/,
      /^Error: no package in none.*\n +at .*verify\.ts/,
    ],
    [
      'ends with one line after an error in a listener of events',
      ['doctor', '--help'],
      throwing("throw new TypeError('x is not a function')"),
      1,
      /^$/,
      /^error: INTERNAL: .*try again, .* It is: TypeError: x is not a function \(SLD_EDGE_DEBUG=1 .*\)\n$/,
    ],
    [
      'ends with one line after a promise that nobody waited for',
      ['doctor', '--help'],
      throwing("Promise.reject(new TypeError('x is not a function'))"),
      1,
      /^$/,
      /^error: INTERNAL: .* It is: TypeError: x is not a function .*\n$/,
    ],
  ])('%s', async ([, args, more, status, stdout, stderr], { onTestFinished }) => {
    const result = await runCli(args, temporaryFolder(onTestFinished), more);
    expect(result.stderr).toMatch(stderr);
    expect(result.stdout).toMatch(stdout);
    expect(result.status).toBe(status);
  });
});
