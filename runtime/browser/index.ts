/** `@sld-edge/runtime/browser`: a classifier in a worker of a page. */
export { connect, inferenceWorker, type Connection, type ConnectionListener } from './connection.ts';
export {
  PAGE_BACKENDS,
  type ClassifyResult,
  type DecodeResult,
  type DistrustedAdapter,
  type EngineStatus,
  type PageBackendName,
} from './protocol.ts';
