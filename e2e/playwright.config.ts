import { defineConfig } from 'playwright/test';
import { chromiumPath } from './harness/chromium.ts';

/**
 * SwiftShader gives WebGPU a software adapter if there is no GPU: it proves the shaders, not the
 * drivers of real ones.
 */
const WEBGPU_ON_SWIFTSHADER = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
/** Tests that compute on the software adapter, which takes every core: one after the other, and after all others. */
const ON_GPU = /\/(parity|webgpu|integer-webgpu)\.spec\.ts$/;
/** Nothing but the page itself may ask the network for anything. */
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  fullyParallel: false,
  // Many tests wait for a time limit to pass; the tests of a file stay in order.
  workers: 2,
  projects: [
    { name: 'pages', testIgnore: ON_GPU },
    { name: 'gpu', testMatch: ON_GPU, workers: 1, dependencies: ['pages'] },
  ],
  retries: 0,
  timeout: 60_000,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list'], ['json', { outputFile: '../.test-reports/e2e.json' }]],
  use: {
    browserName: 'chromium',
    // The new headless mode: the old one has no WebGPU.
    channel: chromiumPath() ? undefined : 'chromium',
    launchOptions: { executablePath: chromiumPath(), args: [...WEBGPU_ON_SWIFTSHADER, ...QUIET] },
    viewport: { width: 1200, height: 860 },
    trace: 'retain-on-failure',
  },
});
