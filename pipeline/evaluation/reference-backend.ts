/** The backend that made a variant's goldens. */
import { createTypescriptBackend, type BackendDefinition, type BackendName, type LoadedNetwork } from '@sld-edge/runtime';
import { createNodeWasmBackend } from './wasm-backend.ts';

/** The name alone, for people and reports. */
export const referenceBackendOf = ({ kind }: Pick<LoadedNetwork, 'kind'>): BackendName => (kind === 'graph' ? 'wasm' : 'typescript');

export const createReferenceBackend = ({ kind }: Pick<LoadedNetwork, 'kind'>): BackendDefinition => (kind === 'graph' ? createNodeWasmBackend() : createTypescriptBackend());
