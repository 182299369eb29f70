import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runCommand } from './run-command.ts';

/** One thing the machine must have before the engine can be built. */
export interface Prerequisite {
  name: string;
  ok: boolean;
  /** The version or the free space found, or `missing`. */
  found: string;
  needed: string;
  /** The command that provides it; empty when it is there. */
  command: string;
}

/** A program and the arguments with which it acts as pip. */
export interface PipClient {
  program: string;
  args: string[];
  version: string;
}

/** Space for the wheel, pip's temporary copy of it, and the libraries. */
export const NEEDED_DISK_BYTES = { cpu: 1_700_000_000, cuda: 14_000_000_000 } as const;

const PIP_CANDIDATES: readonly { program: string; args: string[] }[] = [
  { program: 'pip', args: [] },
  { program: 'pip3', args: [] },
  { program: 'python3', args: ['-m', 'pip'] },
  { program: 'uv', args: ['tool', 'run', 'pip'] },
];

/** The first way to call pip that answers: pip, pip3, python3 -m pip, or uv's. Null when there is none. */
export async function findPip(): Promise<PipClient | null> {
  for (const { program, args } of PIP_CANDIDATES) {
    const answer = await runCommand(program, [...args, '--version']);
    if (answer?.status === 0) return { program, args, version: answer.stdout.trim().split(' ').slice(0, 2).join(' ') };
  }
  return null;
}

/** `pip download` for the wheels. */
export async function checkPip(): Promise<Prerequisite> {
  const pip = await findPip();
  return row(
    'pip',
    pip ? `${[pip.program, ...pip.args].join(' ')} (${pip.version})` : null,
    'pip 20.3 or later, or uv',
    installCommand('python3-pip'),
  );
}

/** C++ compiler, make and Python, all for node-gyp. */
export async function checkBuildTools(): Promise<Prerequisite[]> {
  const [compiler, make, python] = await Promise.all([
    firstVersion([process.env.CXX, 'g++', 'c++', 'clang++']),
    firstVersion([process.env.MAKE, 'make']),
    firstVersion([process.env.npm_config_python, process.env.PYTHON, 'python3', 'python']),
  ]);
  return [
    row('C++ compiler', compiler, 'g++ or clang++ with C++17', installCommand('g++')),
    row('make', make, 'GNU make', installCommand('make')),
    row('python3', python, 'Python 3.8 or later (for node-gyp)', installCommand('python3')),
  ];
}

/** Free space on the disk of the cache, which need not exist yet. */
export async function checkDisk(cacheDir: string, device: 'cpu' | 'cuda'): Promise<Prerequisite> {
  let folder = cacheDir;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const neededBytes = NEEDED_DISK_BYTES[device];
  const ok = bavail * bsize >= neededBytes;
  const command = ok ? '' : `free space on the disk of ${cacheDir}, or set SLD_EDGE_CACHE=/a/larger/disk`;
  return { name: 'disk space', ok, found: `${gigabytes(bavail * bsize)} free for ${cacheDir}`, needed: gigabytes(neededBytes), command };
}

/** The package manager's command for this machine, in Debian's names where the manager is unknown. */
export function installCommand(debianPackage: string): string {
  const managers: [string, string, Record<string, string>][] = [
    ['/usr/bin/apt-get', 'apt-get install -y', {}],
    ['/usr/bin/dnf', 'dnf install -y', { 'g++': 'gcc-c++', 'libjpeg-dev': 'libjpeg-turbo-devel' }],
    [
      '/usr/bin/pacman',
      'pacman -S --noconfirm',
      { 'g++': 'gcc', python3: 'python', 'python3-pip': 'python-pip', 'libjpeg-dev': 'libjpeg-turbo' },
    ],
    ['/usr/bin/zypper', 'zypper install -y', { 'g++': 'gcc-c++', 'libjpeg-dev': 'libjpeg8-devel' }],
  ];
  const [, install, names] = managers.find(([path]) => existsSync(path)) ?? managers[0];
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}${install} ${names[debianPackage] ?? debianPackage}`;
}

function row(name: string, found: string | null, needed: string, command: string): Prerequisite {
  return { name, ok: found !== null, found: found ?? 'missing', needed, command: found === null ? command : '' };
}

async function firstVersion(programs: (string | undefined)[]): Promise<string | null> {
  for (const program of programs) {
    const answer = program ? await runCommand(program, ['--version']) : null;
    if (answer?.status === 0) return (answer.stdout || answer.stderr).split('\n')[0].trim();
  }
  return null;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
