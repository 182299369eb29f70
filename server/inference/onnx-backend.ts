import { AppError, GRAPH_FORMATS, type BackendDefinition } from '@sld-edge/runtime';

/** Optional dependency by which it computes. */
export const ONNX_RUNTIME = 'onnxruntime-node';

/**
 * Makes the backend that computes a package's ONNX model by ONNX Runtime, on one thread. The model is that of the float32 graph, whose
 * place it takes: the graph that it is given is not read.
 *
 * @param readModel - reads the verified bytes of the package's ONNX model. @throws AppError of what it could not read
 */
export function createOnnxBackend(readModel: () => Promise<Uint8Array>): BackendDefinition {
  let description = 'ONNX Runtime, not initialised';
  return {
    name: 'onnx',
    formats: GRAPH_FORMATS,
    reference: false,
    device: 'processor',
    async init() {
      try {
        const { env } = await import('onnxruntime-node');
        description = `ONNX Runtime ${env.versions.node ?? env.versions.common}, on one thread`;
      } catch (cause) {
        const reason = `${ONNX_RUNTIME} is not there or does not load: npm install ${ONNX_RUNTIME}, or leave FLOAT32_BACKEND out`;
        throw new AppError('BACKEND_UNAVAILABLE', { backend: 'onnx', reason }, { cause });
      }
    },
    description: () => description,
    async loadGraph() {
      const { InferenceSession, Tensor } = await import('onnxruntime-node');
      const session = await InferenceSession.create(await readModel(), { intraOpNumThreads: 1, interOpNumThreads: 1 });
      const [inputName] = session.inputNames;
      const [outputName] = session.outputNames;
      return {
        async execute(input, [images, height, width, channels]) {
          const planes = channels === 1 ? input : inPlanes(input, { images, pixels: height * width, channels });
          const tensor = new Tensor('float32', planes, [images, channels, height, width]);
          const { [outputName]: logits } = await session.run({ [inputName]: tensor });
          return logits.data as Float32Array;
        },
        dispose: () => void session.release(),
      };
    },
  };
}

/** Turns NHWC into NCHW, which ONNX models take. */
function inPlanes(input: Float32Array, { images, pixels, channels }: { images: number; pixels: number; channels: number }): Float32Array {
  const planes = new Float32Array(input.length);
  for (let image = 0; image < images; image++) {
    const start = image * pixels * channels;
    for (let channel = 0; channel < channels; channel++)
      for (let pixel = 0; pixel < pixels; pixel++) planes[start + channel * pixels + pixel] = input[start + pixel * channels + channel];
  }
  return planes;
}
