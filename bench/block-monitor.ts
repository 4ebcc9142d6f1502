/**
 * Loaded into walguard by `--import`: the first SIGUSR2 starts watching its event loop, the next one writes the longest
 * block to the log as `{"longestBlockMs": N}` and stops. Watching costs CPU, so it is on only while blocks are measured.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

let watch: ReturnType<typeof monitorEventLoopDelay> | undefined;

process.on('SIGUSR2', () => {
  if (watch === undefined) {
    watch = monitorEventLoopDelay({ resolution: 1 });
    watch.enable();
    process.stderr.write('{"blocksWatched":true}\n');
    return;
  }
  watch.disable();
  process.stderr.write(`{"longestBlockMs":${watch.max / 1e6}}\n`);
  watch = undefined;
});
