#!/usr/bin/env node
/** The door: runs the pipeline's commands. */
import { compiledUrl } from './support/compile.mjs';

await import(await compiledUrl(new URL('./cli.ts', import.meta.url)));
