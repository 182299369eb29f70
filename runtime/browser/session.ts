import { calibrationOf } from '../package/calibration.ts';
import { createIntegerWasmBackend } from '../backends/integer-wasm.ts';
import { createIntegerWebgpuBackend } from '../backends/integer-webgpu.ts';
import { createInterpreterBackend } from '../backends/interpreter.ts';
import type { CallOptions } from '../classifier/call-options.ts';
import type { ClassifierReport } from '../classifier/report.ts';
import { createSession } from '../classifier/session.ts';
import { createTfjsWasmBackend } from '../backends/tfjs-wasm.ts';
import { createTfjsWebgpuBackend } from '../backends/tfjs-webgpu.ts';
import { probeAdapter } from '../backends/gpu-adapter.ts';
import { recogniseError } from '../errors/recognise.ts';
import type { BackendDefinition } from '../backends/backend.ts';
import type { BackendName, PageBackendName } from '../backends/names.ts';
import type { KernelThreads } from '../integer/threads/kernel-thread.ts';
import { chooseCandidates } from './candidates.ts';
import { decodePayload } from './decode/decode-payload.ts';
import { fetchModel } from '../transfer/fetch-model.ts';
import type { DownloadOptions, FetchedPackage } from '../transfer/fetch-package.ts';
import { kernelThreads, threadCount } from './kernel-threads.ts';
import { preprocessInPage } from './preprocess.ts';
import type { ClassifyResult, DistrustedAdapter, Payload, StartOptions } from './protocol.ts';

interface BackendNeeds {
  threads: KernelThreads;
  tfjsWasmPaths: StartOptions['tfjsWasmPaths'];
}

const BACKENDS: Record<PageBackendName, (needs: BackendNeeds) => BackendDefinition> = {
  'tfjs-wasm': ({ tfjsWasmPaths }) => createTfjsWasmBackend({ wasmPaths: tfjsWasmPaths }),
  'tfjs-webgpu': () => createTfjsWebgpuBackend(),
  interpreter: () => createInterpreterBackend(),
  wasm: ({ threads }) => createIntegerWasmBackend('wasm', { threads }),
  'wasm-relaxed': ({ threads }) => createIntegerWasmBackend('wasm-relaxed', { threads }),
  'wasm-scalar': ({ threads }) => createIntegerWasmBackend('wasm-scalar', { threads }),
  webgpu: () => createIntegerWebgpuBackend(),
};

/** Longest time in which a GPU must have reproduced the goldens where something else could answer: WebAssembly takes less. */
const GPU_START_MS = 8000;

/** Backends that compute on the adapter, which is distrusted when one of them was given up. */
const ON_GPU: readonly BackendName[] = ['webgpu', 'tfjs-webgpu'];

/** The runtime's session with what the page shows of it. */
export interface PageSession {
  status(): ClassifierReport;
  /** @throws AppError as `decodePayload`, and of the last backend when none is left */
  classify(input: Payload, options: Pick<CallOptions, 'topK' | 'threshold'>): Promise<ClassifyResult>;
  /** Frees what it holds once the images that were asked for are answered. */
  dispose(): void;
}

export interface SessionListener {
  /** Told when the backend in use was given up, with the adapter to distrust from now on. */
  onDemotion(status: ClassifierReport, distrust: DistrustedAdapter | null): void;
  /** Told, with the reason, when one thread answers from then on; `status` is null while the session is being opened. */
  onThreadsLost(status: ClassifierReport | null, reason: string): void;
  /** Given the session of the newest package, which came later; or the one in use, whose status says why it goes on. */
  onNewest(session: PageSession): void;
}

/** @throws AppError MODEL_UNKNOWN, VARIANT_UNKNOWN, PACKAGE_*, BACKEND_*, DOWNLOAD_STOPPED */
export async function startSession(options: StartOptions, listener: SessionListener, download: DownloadOptions): Promise<PageSession> {
  const [fetched, probe] = await Promise.all([fetchModel(options.address, options, download), withinTime(probeAdapter())]);
  const opened = await openSession(fetched, probe, options, listener);
  if (!fetched.newest) return opened.session;
  void fetched.newest
    .then(async (newest) => {
      if (newest.pkg.manifest.version === fetched.pkg.manifest.version) opened.explain(null);
      else {
        const { session } = await openSession(newest, probe, options, listener);
        opened.session.dispose();
        return listener.onNewest(session);
      }
      listener.onNewest(opened.session);
    })
    .catch((error: unknown) => {
      opened.explain(recogniseError(error).message);
      listener.onNewest(opened.session);
    });
  return opened.session;
}

/** A driver that does not answer whether there is a GPU must not keep a page from answering without one. */
async function withinTime(probing: ReturnType<typeof probeAdapter>): ReturnType<typeof probeAdapter> {
  const late = { missing: `the browser did not tell of a GPU within ${GPU_START_MS / 1000} s` };
  return Promise.race([probing, new Promise<typeof late>((resolve) => setTimeout(resolve, GPU_START_MS, late))]);
}

/** Opens a package on the first backend that works. @returns its session, and what changes the reason why it is not the newest */
async function openSession(
  { pkg, packageUrl, staleReason: staleAtFirst }: FetchedPackage,
  probe: Awaited<ReturnType<typeof probeAdapter>>,
  options: StartOptions,
  { onDemotion, onThreadsLost }: SessionListener,
): Promise<{ session: PageSession; explain: (staleReason: string | null) => void }> {
  let staleReason = staleAtFirst;
  const { manifest, variant } = pkg;
  const model = `${manifest.name}@${manifest.version}`;
  const adapter = 'missing' in probe ? null : probe.description;
  const program = pkg.network.kind === 'program' ? pkg.network.program : undefined;
  const { backends, rejected } = chooseCandidates(probe, options.backends, options.distrustedAdapters, model, variant, program);
  let isOpen = false;
  let threads = threadCount(self, program, options.threads);
  const shared = kernelThreads(threads, (reason) => {
    threads = 1;
    onThreadsLost(isOpen ? status() : null, reason);
  });
  const open = (name: PageBackendName): BackendDefinition => BACKENDS[name]({ threads: shared, tfjsWasmPaths: options.tfjsWasmPaths });
  const candidates = backends.map((entry) => (typeof entry === 'string' ? open(entry) : entry.map(open)));
  const session = await createSession(pkg, candidates, {
    decode: decodePayload,
    preprocess: preprocessInPage,
    // What was asked for by name has all the time that it takes.
    gpuStartMs: options.backends ? undefined : GPU_START_MS,
    onDemotion: ({ backend, reason }) => onDemotion(status(), adapter && ON_GPU.includes(backend) ? { adapter, model, reason } : null),
  });
  isOpen = true;
  // The worker's clock begins when the page asks for it.
  const startMs = performance.now();
  const canvasNoise = canvasIsNoisy();

  const status = (): ClassifierReport => ({
    model: manifest.name,
    version: manifest.version,
    title: manifest.title,
    variant,
    quick: manifest.quick,
    labels: manifest.labels,
    samples: manifest.samples.map(({ file: { path, ...file }, label }) => ({ url: new URL(path, packageUrl).href, label, ...file })),
    abstainThreshold: calibrationOf(manifest, variant).abstainThreshold,
    backend: session.backend,
    backendDescription: session.description,
    rejected: [...rejected, ...session.rejected],
    goldenError: session.goldenError,
    adapter,
    threads: session.backend.startsWith('wasm') ? threads : 1,
    inWorker: typeof document === 'undefined',
    crossOriginIsolated: self.crossOriginIsolated,
    canvasNoise,
    staleReason,
    notKept: null,
    startMs,
  });

  /** Settles when every image that was asked for has been answered. */
  let answered: Promise<unknown> = Promise.resolve();
  const classify: PageSession['classify'] = (input, options) => {
    const answer = session.classify(input, options);
    answered = Promise.allSettled([answered, answer]);
    return answer;
  };
  return {
    session: { status, classify, dispose: () => void answered.then(() => session.dispose()) },
    explain: (reason) => void (staleReason = reason),
  };
}

/**
 * Brave and Firefox's fingerprinting protection alter the pixels that a page reads from a canvas, so
 * the network would see another picture than the user. A known pattern is written and read back.
 *
 * @returns true if what came back is not what was written.
 */
function canvasIsNoisy(): boolean {
  const side = 64;
  const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true });
  if (!context) return false;
  const pattern = context.createImageData(side, side);
  for (let i = 0; i < pattern.data.length; i++) pattern.data[i] = i % 4 === 3 ? 255 : (i * 37) & 255;
  context.putImageData(pattern, 0, 0);
  const read = context.getImageData(0, 0, side, side).data;
  return read.some((value, i) => value !== pattern.data[i]);
}
