import { createHash } from 'node:crypto';
import { fixtureIndex, type FixturePackage } from '@sld-edge/runtime/testing';
import { neededFiles, type FileEntry, type Manifest } from '@sld-edge/runtime';
import type { AppBuild } from './keeper.ts';

/** Faults that a file may have on its way. */
export const FAULTS = ['HTML', '404', '503', 'flipped byte', 'cut', 'hang', 'hang in the middle', 'refused connection'] as const;

export type HostFault = (typeof FAULTS)[number];

/** A host of a build of the app and of packages, in memory, with faults: for the tests of what a page and its service worker make of them. */
export interface BrokenHost {
  build: AppBuild;
  /** Folder of the page, with a trailing slash. */
  folder: string;
  /** Faults by address. */
  faults: Map<string, HostFault>;
  request: typeof fetch;
}

const entryOf = (path: string, content: string): FileEntry => ({
  path,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});

/** @param version of the build; each has another page and another script */
export function brokenHost(folder: string, version: string, packages: FixturePackage[]): BrokenHost {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const add = (path: string, content: string): FileEntry => {
    files.set(new URL(path, folder).href, new TextEncoder().encode(content));
    return entryOf(path, content);
  };
  const build: AppBuild = {
    version,
    files: [add('./', `page ${version}`), add(`assets/index-${version}.js`, 'script'), add('assets/worker.js', 'the worker')],
    parts: {
      graphs: [add('assets/tfjs/tfjs.js', 'TensorFlow.js'), add('assets/tfjs/simd.wasm', 'binary')],
      graphsOnGpu: [add('assets/tfjs-webgpu/tfjs.js', 'for WebGPU')],
      graphsWithoutSimd: [add('assets/tfjs-scalar/scalar.wasm', 'binary of old browsers')],
      webgpu: [add('assets/webgpu/kernels.js', 'kernels')],
    },
  };
  for (const pkg of packages)
    for (const [path, bytes] of pkg.files) files.set(`${folder}models/${pkg.name}/${pkg.version}/${path}`, Uint8Array.from(bytes));
  // The newest of a name stands last.
  const index = fixtureIndex(packages);
  for (const [i, pkg] of packages.entries()) {
    const manifest = JSON.parse(new TextDecoder().decode(pkg.files.get('manifest.json'))) as Manifest;
    index.packages[i].needed = neededFiles(manifest, [manifest.defaultVariant]).map(({ path }) => path);
  }
  add('models/index.json', JSON.stringify(index));
  const faults = new Map<string, HostFault>();

  const request: typeof fetch = async (input) => {
    const url = (typeof input === 'string' ? input : (input as Request).url).replace(/[?#].*$/, '');
    const bytes = files.get(url);
    if (!bytes) return new Response('not found', { status: 404 });
    return respond(bytes, faults.get(url));
  };
  return { build, folder, faults, request };
}

function respond(bytes: Uint8Array<ArrayBuffer>, fault: HostFault | undefined): Response | Promise<Response> {
  const half = bytes.slice(0, bytes.length >> 1);
  switch (fault) {
    case 'HTML':
      return new Response('<!doctype html><title>home</title>', { headers: { 'content-type': 'text/html' } });
    case '404':
      return new Response('not found', { status: 404 });
    case '503':
      return new Response('starting', { status: 503 });
    case 'flipped byte': {
      const flipped = bytes.slice();
      flipped[flipped.length >> 1] ^= 1;
      return new Response(flipped);
    }
    case 'cut':
      return new Response(streamOf(half, (controller) => controller.error(new TypeError('network error'))));
    case 'hang':
      return new Promise(() => undefined);
    case 'hang in the middle':
      return new Response(streamOf(half, () => undefined));
    case 'refused connection':
      return Promise.reject(new TypeError('Failed to fetch'));
    default:
      return new Response(bytes);
  }
}

function streamOf(bytes: Uint8Array, then: (controller: ReadableStreamDefaultController) => void): ReadableStream {
  let isGiven = false;
  return new ReadableStream({
    pull(controller) {
      if (isGiven) return then(controller);
      isGiven = true;
      controller.enqueue(bytes);
    },
  });
}
