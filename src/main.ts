#!/usr/bin/env node
import { main } from './cli/main.ts';
import { keepHeapSmall } from './self/heap.ts';

keepHeapSmall();
process.exitCode = await main(process.argv.slice(2));
