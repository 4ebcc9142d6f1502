import { parentPort } from 'node:worker_threads';

import { compareSync } from 'bcryptjs';

import type { Comparison } from './comparisons.ts';

// One at a time: however many ask, they take one core.
parentPort?.on('message', ({ password, hash }: Comparison) => {
  parentPort?.postMessage(compareSync(password, hash));
});
