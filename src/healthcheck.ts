import { healthcheck } from './cli/healthcheck.ts';

process.exitCode = await healthcheck();
