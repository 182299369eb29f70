/** Lists what the product needs, what of it this machine has, and the command for each thing that is missing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { defaultCacheDir } from '../support/cache-dir.ts';
import { probeWebgpu } from './webgpu/probe.ts';
import {
  checkBuildTools,
  checkDisk,
  checkPip,
  findNvidiaGpu,
  inspectEngine,
  installCommand,
  platformObstacle,
  type Prerequisite,
} from './provision/index.ts';

/** `needed` says what for; `optional` rows do not make the machine unfit. */
export interface DoctorRow extends Prerequisite {
  optional: boolean;
}

export interface DoctorReport {
  /** True if everything that is not optional is there. */
  ok: boolean;
  rows: DoctorRow[];
}

export interface DoctorOptions {
  /** Default: {@link defaultCacheDir}. */
  cacheDir?: string;
  /** Root of the repository. Default: found from this file. */
  projectDir?: string;
  /** Read and hash every file of the cached engine (seconds) instead of comparing sizes. */
  verify?: boolean;
}

const NEEDED_NODE = [20, 19] as const;

/** Looks at the machine; changes and downloads nothing. Never throws for something that is missing: that is a row. */
export async function runDoctor(options: DoctorOptions = {}): Promise<DoctorReport> {
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  const projectDir = options.projectDir ?? join(import.meta.dirname, '../..');
  const engine = await checkEngine(cacheDir, options.verify ?? false);
  const toolRows = [await checkPip(), ...(await checkBuildTools()), await checkDisk(cacheDir, 'cpu')];
  // What builds the engine is not missed once it is built; and what can be built at first use is not missing.
  const tools = toolRows.map((row) => ({ ...row, optional: engine.ok || engine.optional }));
  engine.optional ||= toolRows.every((row) => row.ok);
  const rows: DoctorRow[] = [
    checkNode(process.versions.node),
    checkNpmPackages(projectDir),
    await checkSharp(),
    engine,
    ...tools,
    await checkGpu(),
    await checkWebgpu(),
    await checkChromium(),
    checkDatasets(cacheDir),
    checkModels(projectDir),
  ];
  return { ok: rows.every((row) => row.ok || row.optional), rows };
}

/** @param version as in `process.versions.node` */
export function checkNode(version: string): DoctorRow {
  const [major, minor] = version.split('.').map(Number);
  const ok = major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1]);
  return row('Node', ok, version, `${NEEDED_NODE.join('.')} or later (20, 22, 24)`, 'install a current Node from https://nodejs.org');
}

/** Every dependency that the workspaces name must be installed, there or at the root. */
export function checkNpmPackages(projectDir: string): DoctorRow {
  const root = join(projectDir, 'node_modules');
  const workspaces = ['runtime', 'pipeline', 'server', 'web-client']
    .map((name) => join(projectDir, name))
    .filter((folder) => existsSync(join(folder, 'package.json')));
  const absent = new Set<string>();
  for (const folder of workspaces) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    for (const name of Object.keys(dependencies))
      if (!existsSync(join(root, name)) && !existsSync(join(folder, 'node_modules', name))) absent.add(name);
  }
  const found = absent.size === 0 ? 'installed' : `missing: ${[...absent].join(', ')}`;
  return row('npm packages', absent.size === 0, found, 'the dependencies that package-lock.json names', 'npm ci');
}

async function checkSharp(): Promise<DoctorRow> {
  const platform = `${process.platform}-${process.arch}`;
  const command = `npm ci --include=optional --os=${process.platform} --cpu=${process.arch}`;
  try {
    const { default: sharp } = await import('sharp');
    return row('sharp', true, `${sharp.versions.sharp} with libvips ${sharp.versions.vips}`, `its binary for ${platform}`, command);
  } catch (error) {
    return row(
      'sharp',
      false,
      (error as Error).message.split('\n').find(Boolean) ?? 'does not load',
      `its binary for ${platform}`,
      command,
    );
  }
}

async function checkEngine(cacheDir: string, verify: boolean): Promise<DoctorRow> {
  const obstacle = platformObstacle();
  if (obstacle)
    return {
      ...row('engine tensorflow', false, obstacle, 'native TensorFlow (else training is slow)', 'nothing: another engine is used'),
      optional: true,
    };
  const engines = await inspectEngine(cacheDir, { contents: verify }).catch(() => []);
  const whole = engines.find(({ damaged }) => damaged.length === 0);
  const found = whole
    ? `TensorFlow ${whole.tensorflowVersion} (${whole.device})${verify ? ', every file hashed' : ''} in ${whole.folder}`
    : (engines.map(({ folder, damaged }) => `damaged in ${folder}: ${damaged.join(', ')}`)[0] ??
      'not provisioned yet: the first npm run distill does it');
  return row('engine tensorflow', whole !== undefined, found, 'native TensorFlow in the cache', 'npm run distill');
}

async function checkGpu(): Promise<DoctorRow> {
  const gpu = await findNvidiaGpu();
  const found = gpu ? `${gpu.name}, driver ${gpu.driverVersion}` : 'none: training runs on the CPU';
  return {
    ...row(
      'NVIDIA GPU',
      gpu !== null,
      found,
      'a GPU with a driver, for CUDA',
      "install NVIDIA's driver where there is a GPU; nvidia-smi must answer",
    ),
    optional: true,
  };
}

async function checkWebgpu(): Promise<DoctorRow> {
  const { ok, message, adapter } = await probeWebgpu();
  const found = ok ? `${adapter!.description}${adapter!.software ? ', software: only --engine webgpu takes it' : ''}` : message;
  return {
    ...row(
      'engine webgpu',
      ok,
      found,
      'a GPU with a driver for Vulkan, Metal or Direct3D 12',
      process.platform === 'linux' ? installCommand('libvulkan1') : "install the GPU's driver",
    ),
    optional: true,
  };
}

async function checkChromium(): Promise<DoctorRow> {
  const system = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
  const found = system ?? (await playwrightChromium());
  const command = `npx playwright install --with-deps chromium (or: ${installCommand('chromium')})`;
  return { ...row('Chromium', found !== null, found ?? 'missing', 'for npm run test:e2e', command), optional: true };
}

async function playwrightChromium(): Promise<string | null> {
  try {
    const { chromium } = createRequire(import.meta.url)('playwright') as { chromium: { executablePath(): string } };
    return existsSync(chromium.executablePath()) ? chromium.executablePath() : null;
  } catch {
    return null;
  }
}

function checkDatasets(cacheDir: string): DoctorRow {
  const names = foldersOf(join(cacheDir, 'datasets'));
  return {
    ...row('data sets', names.length > 0, names.join(', ') || 'none cached', 'cached at first use', 'npm run distill'),
    optional: true,
  };
}

function checkModels(projectDir: string): DoctorRow {
  const folder = join(projectDir, 'models');
  const names = foldersOf(folder).flatMap((name) =>
    foldersOf(join(folder, name))
      .filter((version) => existsSync(join(folder, name, version, 'manifest.json')))
      .map((version) => `${name}/${version}`),
  );
  return { ...row('models', names.length > 0, names.join(', ') || 'none', 'a package to serve', 'npm run distill'), optional: true };
}

function foldersOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function row(name: string, ok: boolean, found: string, needed: string, command: string): DoctorRow {
  return { name, ok, found, needed, command: ok ? '' : command, optional: false };
}
