/** config.pbtxt of a model for the Triton Inference Server: the message `inference.ModelConfig` as protobuf's text. */
import type { Manifest } from '@sld-edge/runtime';
import { PROBABILITIES } from './wrap-onnx.ts';

/** Names of a repository's models, which are their folders: the float32 network under the package's, the integers beside it. */
export const modelNames = ({ name }: Pick<Manifest, 'name'>): { float32: string; integer: string } => ({
  float32: name,
  integer: `${name}-int8`,
});

/** Labels of the outputs, beside config.pbtxt. */
export const LABELS_FILE = 'labels.txt';

/** Images that the server may compute at once; those of requests that wait are put together up to it. */
const LARGEST_BATCH = 64;

/** The model has no name in it: it is the folder's. @param pixels name of the input */
export function tritonConfig(
  pixels: string,
  { labels, preprocessing: { height, width } }: Pick<Manifest, 'labels' | 'preprocessing'>,
): string {
  const output = (name: string): string => `  {
    name: "${name}"
    data_type: TYPE_FP32
    dims: [ ${labels.length} ]
    label_filename: "${LABELS_FILE}"
  }`;
  return `backend: "onnxruntime"
max_batch_size: ${LARGEST_BATCH}
input [
  {
    name: "${pixels}"
    data_type: TYPE_UINT8
    format: FORMAT_NHWC
    dims: [ ${height}, ${width}, 3 ]
  }
]
output [
${[PROBABILITIES, 'logits'].map(output).join(',\n')}
]
dynamic_batching { }
`;
}
