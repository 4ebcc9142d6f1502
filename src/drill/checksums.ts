import { setTimeout as sleep } from 'node:timers/promises';

import type { DrillCheckReport } from '../core/drill-report.ts';
import { isSound, PAGE_BYTES } from '../core/page-checksum.ts';
import { listPageFiles, openPages, type PageFile } from '../storage/page-files.ts';
import { secondsSince } from './checks.ts';

export interface ChecksumRun {
  readonly dataDirectory: string;
  /** As pg_control has it: of the original, and so of the copy. */
  readonly hasChecksums: boolean;
  readonly pageBytes: number;
  readonly pagesInFile: number;
  readonly signal: AbortSignal;
  readonly progress: (doneBytes: number) => void;
}

const PAGES_AT_ONCE = 128;
/** The server may write a page while it is read: it is read again before it counts as damaged. */
const TRIES = 4;
const PAUSE_MS = 100;
const MAX_NAMED = 5;

interface Damage {
  readonly place: string;
}

/** Reads every page of the restored copy and compares it with its checksum. Throws what the system says. */
export async function checkChecksums(run: ChecksumRun): Promise<DrillCheckReport> {
  const started = performance.now();
  const check = { name: 'checksums', kind: 'checksums' as const };
  const skipped = whySkipped(run);
  if (skipped !== undefined) return { ...check, result: 'skipped', message: skipped, seconds: 0 };
  const damages: Damage[] = [];
  let pages = 0;
  for await (const file of listPageFiles(run.dataDirectory)) {
    run.signal.throwIfAborted();
    pages += await readFilePages(file, run, damages);
    run.progress(pages * PAGE_BYTES);
  }
  const seconds = secondsSince(started);
  const found = `${pages} pages read, ${damages.length} damaged`;
  if (damages.length === 0) return { ...check, result: 'passed', found, seconds };
  const places = damages.slice(0, MAX_NAMED).map(({ place }) => place);
  return { ...check, result: 'failed', found, message: `damaged: ${places.join(', ')}`, seconds };
}

function whySkipped({ hasChecksums, pageBytes }: ChecksumRun): string | undefined {
  if (!hasChecksums) return 'the cluster has no data checksums';
  return pageBytes === PAGE_BYTES ? undefined : `pages of ${pageBytes} bytes are not read`;
}

async function readFilePages(file: PageFile, run: ChecksumRun, damages: Damage[]): Promise<number> {
  const opened = await openPages(file.path);
  if (opened === undefined) return 0;
  await using handle = opened;
  const buffer = Buffer.alloc(PAGES_AT_ONCE * PAGE_BYTES);
  const first = file.part * run.pagesInFile;
  for (let page = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, page * PAGE_BYTES);
    const whole = Math.floor(bytesRead / PAGE_BYTES);
    run.signal.throwIfAborted();
    for (let index = 0; index < whole; index++) {
      const number = page + index;
      if (isSound(buffer.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES), first + number)) continue;
      if (await isDamaged((one) => handle.read(one, 0, PAGE_BYTES, number * PAGE_BYTES), first + number))
        damages.push({ place: `${file.path.slice(run.dataDirectory.length + 1)} block ${first + number}` });
    }
    if (whole === 0) return page;
    page += whole;
  }
}

async function isDamaged(read: (page: Buffer) => Promise<{ bytesRead: number }>, block: number): Promise<boolean> {
  const page = Buffer.alloc(PAGE_BYTES);
  for (let tries = 0; tries < TRIES; tries++) {
    await sleep(PAUSE_MS);
    const { bytesRead } = await read(page);
    // It was cut off meanwhile.
    if (bytesRead < PAGE_BYTES || isSound(page, block)) return false;
  }
  return true;
}
