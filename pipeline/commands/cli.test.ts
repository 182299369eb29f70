import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

/** Commands in processes of their own, as a user starts them: exit status, one clear line, no stack, nothing left behind. */
describe('the command line refuses', { concurrent: true }, () => {
  it.for<[what: string, args: string[], status: number, message: RegExp]>([
    ['an unknown command', ['distil'], 2, /^error: unknown command "distil"; allowed: distill, teacher, .*verify:augmentation$/],
    ['no command', [], 2, /^error: unknown command ""; allowed: distill/],
    ['a name of Object’s own', ['constructor'], 2, /^error: unknown command "constructor"/],
    ['an unknown flag', ['distill', '--presett', 'quick'], 2, /^error: distill: Unknown option '--presett'; allowed: --preset, /],
    ['a flag without its value', ['distill', '--data'], 2, /^error: distill: .*--data/],
    ['an unknown preset', ['distill', '--preset', 'qiuck'], 2, /^error: unknown preset "qiuck"; allowed: default, quick, long, teacher, /],
    ['two presets', ['distill', '--quick', '--preset', 'long'], 2, /^error: --quick is a preset of its own/],
    ['a number that is none', ['distill', '--epochs', 'many'], 2, /^error: --epochs expects a number, got "many"$/],
    ['an impossible combination', ['distill', '--epochs', '1', '--warmup-epochs', '3'], 2, /^error: setting "warmupEpochs" is 3; allowed: from 0 to below epochs$/],
    ['evaluate without a model', ['evaluate'], 2, /^error: evaluate expects --model/],
    ['quantize without a student', ['quantize'], 2, /^error: quantize expects --student FILE or --model CHECKPOINT$/],
    ['quantize to what there is not', ['quantize', '--model', 'x', '--encodings', 'int8,int3'], 2, /^error: --encodings expects some of float32, float16, uint8, int8, int4, int4g32, with commas between, got "int3"$/],
    ['quantize:integer without a model', ['quantize:integer'], 2, /^error: quantize:integer expects --model CHECKPOINT$/],
    ['quantize:integer by a recipe that there is not', ['quantize:integer', '--model', 'x', '--recipe', 'mse+fast'], 2, /^error: --recipe: "mse\+fast" is no way to integers: expected minmax, percentile, mse, then as wished \+equalise \+bias$/],
    ['quantize:aware without a student', ['quantize:aware'], 2, /^error: quantize:aware expects --student FILE$/],
    ['quantize:aware in bits that there are not', ['quantize:aware', '--student', 'x', '--bits', '5'], 2, /^error: --bits expects one of 4, 8, 32, got "5"$/],
    ['quantize:aware of 4-bit weights for integers', ['quantize:aware', '--student', 'x', '--bits', '4', '--activations', 'integer'], 2, /^error: --activations integer does not go with --bits 4: the integer variant has 8-bit weights$/],
    ['package of a student that is not there', ['package', '--student', 'none.safetensors'], 1, /^error: cannot read the checkpoint none\.safetensors: ENOENT/],
    ['package of a word that it does not know', ['package', 'inspekt', '.'], 2, /^error: unknown command "package inspekt"; allowed: package, package inspect, package verify, package diff$/],
    ['an error rate that is none', ['distill', '--abstain-error', '1'], 2, /^error: setting "abstainError" is 1; allowed: from 0 to below 1$/],
    ['package inspect without a folder', ['package', 'inspect'], 2, /^error: package inspect expects DIR, got nothing$/],
    ['package diff of one package', ['package', 'diff', 'one'], 2, /^error: package diff expects A B, got one$/],
    ['package verify of a folder that is no package', ['package', 'verify', '.'], 1, /^error: \. is no package: expected a folder with manifest\.json, as models\/<name>\/<version> is one$/],
    ['a word where a command takes none', ['quantize', 'student'], 2, /^error: quantize: Unexpected argument 'student'/],
    ['quantize of a file that is no checkpoint', ['quantize', '--student', 'notes.txt'], 1, /^error: notes\.txt is not a usable safetensors file: /],
    ['verify where there is no package', ['verify', '--models', 'none'], 1, /^error: no package in none; npm run distill makes one$/],
    ['deploy where there is no package', ['deploy', '--models', 'none'], 1, /^error: no packages in .*none; npm run distill makes one$/],
    ['verify:losses without a folder', ['verify:losses'], 2, /^error: verify:losses expects --reference DIR$/],
    ['verify:augmentation of a folder that is not there', ['verify:augmentation', '--reference', 'none'], 1, /^error: .*none.*ENOENT/],
  ])('%s', async ([, args, status, message], { onTestFinished }) => {
    const cwd = temporaryFolder(onTestFinished);
    writeFileSync(join(cwd, 'notes.txt'), 'some notes, and nothing that a network could be read from');
    const result = await runCli(args, cwd);
    expect(result.stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(message)]);
    expect(result.status).toBe(status);
    expect(result.stdout).toBe('');
    expect(readdirSync(cwd)).toEqual(['notes.txt']);
  });

  it.for<[what: string, args: string[], message: RegExp]>([
    ['an unknown data set', ['distill', '--data', 'mnist'], /^error: unknown data set "mnist"; allowed: fashion-mnist, cifar10, cifar100/],
    ['a folder of data that is not there', ['distill', '--data', 'cifar10:none'], /^error: expected a folder with the data set's files, there is none at .*none$/],
    ['a folder of data that is empty', ['distill', '--data', 'cifar10:.'], /^error: .* holds no batches\.meta\.txt/],
    ['an unknown student', ['distill', '--student', 'resnet9'], /^error: unknown student "resnet9"; allowed: resnet8, /],
    ['an unknown method', ['distill', '--method', 'sdl'], /^error: unknown method "sdl"; allowed: ce, kd, .*sld$/],
    ['an option that the method lacks', ['distill', '--method-options', 'kdWieght=1'], /^error: unknown option "kdWieght" of method sld; allowed: temperatures, /],
    ['an option out of its range', ['distill', '--method', 'kd{temperature=0}'], /^error: option "temperature" of method kd is 0; allowed: numbers above 0$/],
    ['an unknown engine', ['distill', '--engine', 'cuda'], /^error: unknown engine "cuda"; allowed: auto, tensorflow, webgpu, wasm$/],
  ])('%s, before anything is trained', async ([, args, message], { onTestFinished }) => {
    const cwd = temporaryFolder(onTestFinished);
    const result = await runCli(args, cwd);
    const lines = result.stderr.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(message);
    expect(lines.filter((line) => /^error:|^\s+at /.test(line))).toHaveLength(1);
    expect(result.status).toBeGreaterThan(0);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('--help', { concurrent: true }, () => {
  it.for(['distill', 'teacher', 'doctor', 'deploy', 'evaluate', 'quantize', 'quantize:integer', 'quantize:aware', 'package', 'verify', 'export-images', 'verify:losses', 'verify:networks', 'verify:augmentation'])('%s lists its flags on stdout and does nothing', async (command, { onTestFinished }) => {
    const cwd = temporaryFolder(onTestFinished);
    const { status, stdout, stderr } = await runCli([command, '--help'], cwd);
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`^npm run ${command} -- \\[flags\\]\n\n\\S.*\n\n`));
    for (const line of stdout.trimEnd().split('\n').slice(4)) expect(line).toMatch(/^ {2}--[a-z-]+ {2,}\S/);
    expect(stdout).toMatch(/^ {2}--help +print this$/m);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('of a command of two words says what stands without a flag', async ({ onTestFinished }) => {
    const { status, stdout } = await runCli(['package', 'diff', '--help'], temporaryFolder(onTestFinished));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^npm run package -- diff A B \[flags\]\n/);
  });
});
