/** A run's folder: its configuration, one JSON line an epoch, its checkpoint. What an interrupted run resumes from. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../support/atomic-write.ts';
import { acquireLock, LOCK_TIMING, type FileLock } from '../support/file-lock.ts';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { firstDifferingSetting } from './run-key.ts';
import type { EpochReport } from './train.ts';

export interface RunFolder {
  path: string;
  checkpointPath: string;
  /** The checkpoint to go on from; undefined for a fresh start. */
  resumeFrom?: Checkpoint;
  /** Epochs done before, and since. */
  history: EpochReport[];
  recordEpoch(report: EpochReport, checkpoint: Pick<Checkpoint, 'model' | 'average' | 'optimizer' | 'epochsDone'>): void;
}

export interface RunFolderOptions {
  path: string;
  /** Canonical JSON of what decides the weights (`trainingKey`), the number of epochs among it. */
  key: string;
  /** The full configuration, stored for people. */
  configuration: object;
  seed: number;
  resume: boolean;
  restart: boolean;
  /** Lock of this folder (`lockRunFolder`); absent: a folder that nobody else knows. */
  lock?: FileLock;
}

/**
 * Makes the folder this process's own until it ends: two trainings in one folder would write over each other's checkpoints.
 * @throws Error in one line where another works there, on this machine, in another container or on another host
 */
export function lockRunFolder(path: string, say: (line: string) => void): Promise<FileLock> {
  return acquireLock(join(path, '.lock'), {
    onWait: (holder) =>
      say(`${path} was used by ${holder}, which may have been killed: waiting ${LOCK_TIMING.staleMs / 1000} s for a sign of life`),
    refusal: (holder) => new Error(`${path} is in use by ${holder}: wait until it ends, or give this run another --name or --seed`),
  });
}

/**
 * @throws Error in one line: an unfinished run is there and neither `resume` nor `restart` was asked for; or `resume`
 *   was, and there is nothing to resume or another configuration's run.
 */
export function openRunFolder(options: RunFolderOptions): RunFolder {
  const { path, key, seed } = options;
  const checkpointPath = join(path, 'checkpoint.safetensors');
  const metricsPath = join(path, 'metrics.jsonl');
  const found = options.restart ? undefined : readCheckpoint(checkpointPath);
  const difference = found && options.resume ? firstDifferingSetting(found.configuration, key) : undefined;
  if (difference)
    throw new Error(`the run in ${path} has another configuration (${difference}): repeat its flags, or start over with --restart`);
  const planned = found ? plannedEpochs(found) : 0;
  if (found && !options.resume && found.epochsDone < planned) {
    throw new Error(
      `an unfinished run is in ${path} (epoch ${found.epochsDone} of ${planned}): continue it with --resume, or start over with --restart`,
    );
  }
  if (!found && options.resume) throw new Error(`nothing to resume in ${path}: no epoch was finished there; run without --resume`);
  const resumeFrom = options.resume ? found : undefined;
  const unsaved = (error: NodeJS.ErrnoException, epoch: number): Error => {
    const remedy = error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'free some disk space' : 'make that possible';
    const kept =
      history.length > 0
        ? `the checkpoint of epoch ${history.at(-1)!.epoch} is kept: ${remedy}, then continue with --resume`
        : `no epoch is saved yet: ${remedy}, then start again`;
    return new Error(`epoch ${epoch} can't be saved in ${path} (${error.message}); ${kept}`, { cause: error });
  };
  // Lines of epochs after the checkpoint belong to work that is done again.
  const history = resumeFrom ? readHistory(metricsPath).filter(({ epoch }) => epoch <= resumeFrom.epochsDone) : [];
  writeFileAtomic(join(path, 'configuration.json'), `${JSON.stringify(options.configuration, null, 2)}\n`);
  return {
    path,
    checkpointPath,
    resumeFrom,
    history,
    recordEpoch(report, checkpoint) {
      options.lock?.assertHeld();
      try {
        // The line first: killed in between, the epoch is done again and its line dropped; the other way round it would be missing.
        writeFileAtomic(metricsPath, [...history, report].map((line) => `${JSON.stringify(line)}\n`).join(''));
        writeCheckpoint(checkpointPath, { ...checkpoint, seed, configuration: key });
      } catch (error) {
        throw unsaved(error as NodeJS.ErrnoException, checkpoint.epochsDone);
      }
      history.push(report);
    },
  };
}

function readHistory(path: string): EpochReport[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as EpochReport);
}

/** Number of epochs of the run that the checkpoint belongs to, which may be another than the one asked for. */
const plannedEpochs = ({ configuration }: Checkpoint): number => (JSON.parse(configuration) as { epochs: number }).epochs;
