#!/usr/bin/env node
/** The door: runs the pipeline's commands. */
import { compiledUrl } from './support/compile.mjs';

// A stack then names the sources' lines.
if (process.env.SLD_EDGE_DEBUG) process.setSourceMapsEnabled(true);
await import(await compiledUrl(new URL('./cli.ts', import.meta.url)));
