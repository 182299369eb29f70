import type { KernelName } from '../kernels/module.ts';
import type { KernelThreadPort, ToHelper } from './kernel-thread.ts';
import { runStages, type ComputeRows, type Run } from './run-stages.ts';
import { meet, waitWhile, wake, AT } from './words.ts';

/**
 * Life of a helper thread: computes its part of each run, and between runs sleeps until it is woken. It reads messages when the
 * words say that there are any. What it throws ends it, and its owner is told.
 */
export function serveKernels(port: KernelThreadPort): void {
  let team: Extract<ToHelper, { type: 'start' }>;
  const programs = new Map<number, Run>();
  let [messages, runs] = [0, 0];

  const apply = (message: ToHelper): void => {
    messages++;
    if (message.type === 'start') team = message;
    if (message.type === 'close') programs.delete(message.program);
    if (message.type === 'open') {
      const { words, thread, threads, module } = team;
      const { exports } = new WebAssembly.Instance(module, { host: { memory: message.memory } });
      programs.set(message.program, {
        stages: message.stages,
        taken: message.taken,
        kernels: exports as unknown as Record<KernelName, ComputeRows>,
        thread,
        threads,
        meet: () => meet(words, threads, (index, value) => waitWhile(words, index, value)),
      });
    }
  };
  const computeUntilMessage = ({ words }: typeof team): void => {
    for (;;) {
      const signal = Atomics.load(words, AT.signal);
      if (Atomics.load(words, AT.runs) !== runs) {
        runs++;
        runStages(programs.get(Atomics.load(words, AT.program))!);
      } else if (Atomics.load(words, AT.messages) !== messages) return;
      else waitWhile(words, AT.signal, signal);
    }
  };
  port.listen((message) => {
    try {
      apply(message);
      port.post({ done: true });
      computeUntilMessage(team);
    } catch (error) {
      Atomics.store(team.words, AT.failed, 1);
      wake(team.words, AT.passed);
      throw error;
    }
  });
}
