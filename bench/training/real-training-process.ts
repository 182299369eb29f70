/** A process of its own for the real training: TensorFlow divides the cores among threads once a process, as a run does. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startEngine } from '../../pipeline/engines/start-engine.ts';
import { computingThreads } from '../../pipeline/training/prepare-run.ts';
import type { SgdOptions } from '../../pipeline/training/optimizers/sgd.ts';
import type { TrainingCase } from './cases.ts';
import { measureRealTraining, type RealTraining } from './real-training.ts';
import { makeSample } from './sample.ts';

export interface RealTrainingRequest {
  measured: TrainingCase;
  engine: string;
  sgd: SgdOptions;
  learningRate: number;
  warmUpSteps: number;
  steps: number;
  replicas: number;
  /** As of `Recipe.microBatch`; absent: 0. */
  microBatch?: number;
}

type Message = { step: number } | { result: RealTraining } | { failure: string };

/** @throws Error with what the process said, where it fails. */
export function realTraining(request: RealTrainingRequest, onStep: (done: number) => void): Promise<RealTraining> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(request)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if ('step' in message) onStep(message.step);
      else if ('result' in message) resolve(message.result);
      else reject(new Error(`real training of ${request.measured.name}: ${message.failure}`));
    });
    child.on('close', (status, signal) =>
      reject(
        new Error(
          `real training of ${request.measured.name}: its process ended (${signal ?? `status ${status}`}): ${said.trim().split('\n').pop()}`,
        ),
      ),
    );
  });
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  const tell = (message: Message): void => void process.send!(message);
  try {
    const {
      measured,
      engine,
      sgd,
      learningRate,
      warmUpSteps,
      steps,
      replicas,
      microBatch = 0,
    } = JSON.parse(process.argv[2]) as RealTrainingRequest;
    const started = await startEngine(
      engine,
      computingThreads({ replicas, workers: 1, batchSize: measured.batchSize }, measured.teacher !== undefined),
    );
    tell({
      result: await measureRealTraining(
        started,
        measured,
        makeSample(measured),
        sgd,
        learningRate,
        warmUpSteps,
        steps,
        replicas,
        microBatch,
        (step) => tell({ step }),
      ),
    });
  } catch (error) {
    tell({ failure: (error as Error).message });
  }
  process.disconnect();
}
