import { fileURLToPath } from 'node:url';
import { toAppError, type AppError } from '@sld-edge/runtime';
import type { sendUnaryData, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import type { LoadedModels } from '../app.ts';
import type { ServerConfig } from '../config.ts';
import { createAbandonment } from '../http/abandonment.ts';
import { keyNameOf, type ApiKeys } from '../http/api-keys.ts';
import { logFault } from '../http/problem-response.ts';
import { bodyLimit } from '../http/request-images.ts';
import { readCertificate } from '../http/tls.ts';
import type { UploadGate } from '../http/upload-gate.ts';
import type { Log } from '../log.ts';
import { infer } from '../open-inference/infer.ts';
import type { InferenceInput } from '../open-inference/input-images.ts';
import { modelMetadata, serverMetadata } from '../open-inference/metadata.ts';
import { isReady, requireReady, type Readiness } from '../readiness.ts';
import { inferenceError } from '../routes/open-inference.ts';
import { inferResponse, readInferMessage, type InferMessage } from './infer-message.ts';

export interface GrpcDeps extends Pick<ServerConfig, 'host' | 'limits' | 'tls'> {
  readiness: Readiness;
  models: LoadedModels;
  /** Begins a call: what is loaded stays until the returned function is called. */
  hold: () => () => void;
  /** Null: anybody may send images. */
  apiKeys: Pick<ApiKeys, 'nameOf'> | null;
  uploads: UploadGate;
  log: Log;
}

export interface GrpcServer {
  /** The port that was taken, where 0 was asked for. */
  port: number;
  /** Lets calls under way finish; those that take longer are cut off. */
  close(timeoutMs: number): Promise<void>;
}

/** Calls of one connection at one time: their messages arrive before there is a budget to ask. */
const MAX_STREAMS = 16;

/**
 * The Open Inference Protocol over gRPC. It answers as the paths under `/v2` do.
 *
 * @throws Error when the port cannot be taken
 */
export async function startGrpcServer(port: number, deps: GrpcDeps): Promise<GrpcServer> {
  // Loaded where it is asked for alone.
  const grpc = await import('@grpc/grpc-js');
  const { loadSync } = await import('@grpc/proto-loader');
  const { host, limits, tls, readiness, models, hold, apiKeys, uploads, log } = deps;
  const messages = loadSync(fileURLToPath(new URL('./open-inference.proto', import.meta.url)), {
    keepCase: true,
    longs: Number,
    defaults: true,
    arrays: true,
    objects: true,
  });
  const found = (name: string, version: string, variant?: string) => {
    readiness.require();
    return models.catalogue!.resolve(version === '' ? name : `${name}@${version}`, variant);
  };

  const statusOf = ({ status }: AppError): number => {
    if (status === 401) return grpc.status.UNAUTHENTICATED;
    if (status === 404) return grpc.status.NOT_FOUND;
    if (status === 503) return grpc.status.UNAVAILABLE;
    return status < 500 ? grpc.status.INVALID_ARGUMENT : grpc.status.INTERNAL;
  };
  /** A method that answers one message by one, or by the protocol's form of an error; each call is logged as a request is. */
  const unary =
    <Message>(method: string, answer: (message: Message, call: ServerUnaryCall<Message, object>) => object | Promise<object>) =>
    async (call: ServerUnaryCall<Message, object>, callback: sendUnaryData<object>): Promise<void> => {
      const startedAt = performance.now();
      const record = (status: number, code?: string): void =>
        log({ event: 'call', method, status, ms: Math.round((performance.now() - startedAt) * 10) / 10, ...(code && { code }) });
      try {
        callback(null, await answer(call.request, call));
        record(grpc.status.OK);
      } catch (thrown) {
        const error = toAppError(thrown);
        logFault(log, error, method);
        callback({ code: statusOf(error), details: inferenceError(error).error });
        record(statusOf(error), error.code);
      }
    };

  const modelInfer = async (message: InferMessage, call: ServerUnaryCall<InferMessage, object>): Promise<object> => {
    if (apiKeys) keyNameOf(apiKeys, call.metadata.getMap());
    requireReady(readiness, models);
    const pool = models.pool!;
    pool.requireCapacity();
    const abandoned = createAbandonment(
      () => call.cancelled,
      (gone) => call.once('cancelled', gone),
    );
    const { request, input } = readInferMessage(message);
    const { manifest, variant } = found(message.model_name, message.model_version, request.parameters?.variant);
    const letGo = [hold()];
    try {
      letGo.push(await uploads.admit(bytesOf(input), abandoned));
      const wanted = request.outputs?.map(({ name, parameters }) => ({ name, classification: parameters?.classification }));
      const result = await infer({ manifest, variant, input, wanted, limits, pool, abandoned });
      return inferResponse(message, { model: manifest.name, version: manifest.version, variant }, result);
    } finally {
      for (const release of letGo) release();
    }
  };

  const server = new grpc.Server({
    'grpc.max_receive_message_length': bodyLimit('multipart', limits.maxBytes).maxBytes,
    'grpc.max_concurrent_streams': MAX_STREAMS,
  });
  server.addService(messages['inference.GRPCInferenceService'] as ServiceDefinition, {
    ServerLive: unary('ServerLive', () => ({ live: true })),
    ServerReady: unary('ServerReady', () => ({ ready: isReady(readiness, models) })),
    ModelReady: unary('ModelReady', ({ name, version }: { name: string; version: string }) => {
      found(name, version);
      return { ready: isReady(readiness, models) };
    }),
    ServerMetadata: unary('ServerMetadata', () => serverMetadata),
    ModelMetadata: unary('ModelMetadata', ({ name, version }: { name: string; version: string }) =>
      modelMetadata(found(name, version).manifest, models.catalogue!),
    ),
    ModelInfer: unary('ModelInfer', modelInfer),
  });
  const pair = tls && readCertificate(tls);
  const credentials = pair
    ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: pair.cert, private_key: pair.key }])
    : grpc.ServerCredentials.createInsecure();
  const taken = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host.includes(':') ? `[${host}]` : host}:${port}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port: taken,
    close: (timeoutMs) =>
      new Promise((resolve) => {
        const deadline = setTimeout(() => server.forceShutdown(), timeoutMs);
        server.tryShutdown(() => {
          clearTimeout(deadline);
          resolve();
        });
      }),
  };
}

const bytesOf = ({ data }: InferenceInput): number =>
  data instanceof Uint8Array ? data.length : data.reduce<number>((sum, value) => sum + (value instanceof Uint8Array ? value.length : 1), 0);
