/** The backends that make a variant's goldens and measure it. */
import { createInterpreterBackend, type BackendDefinition, type BackendName, type LoadedNetwork } from '@sld-edge/runtime';
import { programBackendFor } from './program-backend.ts';
import { createNodeWasmBackend } from './wasm-backend.ts';

/** The name of what measures a variant on test images, for people and reports. */
export const measuringBackendOf = async (network: LoadedNetwork): Promise<BackendName> => (network.kind === 'graph' ? 'tfjs-wasm' : programBackendFor(network.program));

/** What made the goldens. */
export const createReferenceBackend = ({ kind }: Pick<LoadedNetwork, 'kind'>): BackendDefinition => (kind === 'graph' ? createNodeWasmBackend() : createInterpreterBackend());
