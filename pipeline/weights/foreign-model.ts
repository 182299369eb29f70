/** Models of other kinds, told by what they are and not by their names, with the command that exports each to ONNX. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fromFdPromise } from 'yauzl';
import { withFile, type FileBytes } from './file-bytes.ts';

interface ForeignModel {
  what: string;
  /** Command to type. */
  command: string;
}

const KERAS = (path: string): ForeignModel => ({
  what: 'a Keras model',
  command: `python -c "import keras; keras.models.load_model('${path}').export('model.onnx', format='onnx')"`,
});
const TFLITE = (path: string): ForeignModel => ({
  what: 'a TensorFlow Lite model',
  command: `python -m tf2onnx.convert --tflite ${path} --output model.onnx`,
});
const TFJS = (path: string): ForeignModel => ({
  what: 'a TensorFlow.js model',
  command: `python -m tf2onnx.convert --tfjs ${path} --output model.onnx`,
});
const SAVED_MODEL = (path: string): ForeignModel => ({
  what: 'a TensorFlow SavedModel',
  command: `python -m tf2onnx.convert --saved-model ${path} --output model.onnx`,
});
const TRANSFORMERS = (path: string): ForeignModel => ({
  what: 'a folder of Hugging Face transformers',
  command: `optimum-cli export onnx --model ${path} onnx`,
});
const TORCHSCRIPT = (path: string): ForeignModel => ({
  what: 'a TorchScript archive, which holds code',
  command: `python -c "import torch; torch.onnx.export(torch.jit.load('${path}'), torch.zeros(1, 3, 224, 224), 'model.onnx')"`,
});

const MAX_JSON_BYTES = 64 * 2 ** 20;
const MAX_ENTRIES = 10_000;

/** @throws Error in one line that names the kind and gives the command, where the path is a folder or a model of another kind */
export async function refuseForeignModel(path: string): Promise<void> {
  const foreign =
    existsSync(path) && statSync(path).isDirectory() ? foreignFolder(path) : await withFile(path, (file) => foreignFile(file));
  if (foreign) throw new Error(`${path} is ${foreign.what}, which is not read here: export it to ONNX with ${foreign.command}`);
}

/** @throws Error for a folder that holds none of these */
function foreignFolder(path: string): ForeignModel {
  const has = (name: string): boolean => existsSync(join(path, name));
  if (has('saved_model.pb')) return SAVED_MODEL(path);
  if (has('model.json') && isTfjsModel(readJson(join(path, 'model.json')))) return TFJS(join(path, 'model.json'));
  if (has('config.json')) return TRANSFORMERS(path);
  const files = readdirSync(path).filter((name) => /\.(?:onnx|safetensors|pth|th|pt)$/i.test(name));
  throw new Error(
    `${path} is a folder; expected a file: .safetensors, .pth, .th, .pt or .onnx${
      files.length > 0
        ? `, such as ${files
            .slice(0, 3)
            .map((name) => join(path, name))
            .join(', ')}`
        : ''
    }`,
  );
}

async function foreignFile(file: FileBytes): Promise<ForeignModel | undefined> {
  const start = Buffer.from(file.read(0, Math.min(8, file.size)));
  if (start.toString('latin1') === '\x89HDF\r\n\x1a\n') return KERAS(file.path);
  if (start.toString('latin1', 4) === 'TFL3') return TFLITE(file.path);
  if (start.toString('latin1', 0, 2) === 'PK') return foreignArchive(file);
  if (start.toString('latin1').trimStart().startsWith('{') && file.size <= MAX_JSON_BYTES && isTfjsModel(readJson(file.path)))
    return TFJS(file.path);
  return undefined;
}

/** Recognises an archive by the names of its entries alone, compressed ones too. */
async function foreignArchive(file: FileBytes): Promise<ForeignModel | undefined> {
  const zip = await fromFdPromise(file.fd, { autoClose: false, lazyEntries: true }).catch(() => undefined);
  if (!zip) return undefined;
  const names: string[] = [];
  await new Promise<void>((resolve) => {
    zip.on('entry', ({ fileName }: { fileName: string }) => {
      names.push(fileName);
      if (names.length < MAX_ENTRIES) zip.readEntry();
      else resolve();
    });
    zip.on('end', resolve);
    zip.on('error', () => resolve());
    zip.readEntry();
  });
  if (names.includes('model.weights.h5')) return KERAS(file.path);
  if (names.some((name) => /^[^/]+\/(?:code\/|constants\.pkl$)/.test(name))) return TORCHSCRIPT(file.path);
  return undefined;
}

/** A model of TensorFlow.js in JSON, layers or graph. */
export function isTfjsModel(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('modelTopology' in value || 'weightsManifest' in value);
}

/** A configuration of Hugging Face transformers, as transformers.js keeps beside its models. */
export function isTransformersConfig(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('model_type' in value || 'transformers_version' in value);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
