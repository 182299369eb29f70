import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTar } from './tar.ts';

test("reads what the system's tar writes, and refuses it cut off", () => {
  const folder = mkdtempSync(join(tmpdir(), 'tar-test-'));
  try {
    writeFileSync(join(folder, 'a.bin'), Buffer.alloc(700, 1));
    writeFileSync(join(folder, 'b.txt'), 'text');
    const archive = execFileSync('tar', ['-C', folder, '-cf', '-', 'a.bin', 'b.txt']);
    const files = readTar(archive, 'x.tar');
    expect([...files.keys()]).toEqual(['a.bin', 'b.txt']);
    expect(files.get('a.bin')?.length).toBe(700);
    expect(Buffer.from(files.get('b.txt')!).toString()).toBe('text');
    expect(() => readTar(archive.subarray(0, 900), 'x.tar')).toThrow('x.tar is no whole tar archive');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
