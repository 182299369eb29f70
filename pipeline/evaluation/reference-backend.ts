/** The backend that made a variant's goldens. */
import { createInterpreterBackend, type BackendDefinition, type BackendName, type LoadedNetwork } from '@sld-edge/runtime';
import { createNodeWasmBackend } from './wasm-backend.ts';

/** The name alone, for people and reports. */
export const referenceBackendOf = ({ kind }: Pick<LoadedNetwork, 'kind'>): BackendName => (kind === 'graph' ? 'tfjs-wasm' : 'interpreter');

export const createReferenceBackend = ({ kind }: Pick<LoadedNetwork, 'kind'>): BackendDefinition => (kind === 'graph' ? createNodeWasmBackend() : createInterpreterBackend());
