import type { ArchiveSource } from '../../core/catalogue.ts';
import { createPgBackRestFolder } from './folder.ts';
import { createPgBackRestProgram, type PgBackRestProgramOptions } from './program.ts';

export interface PgBackRestArchiveOptions extends PgBackRestProgramOptions {
  /** Of the repository, if it is a folder that walguard may read; else pgBackRest is asked. */
  readonly path: string | undefined;
}

/** The WAL of one stanza in one repository of pgBackRest. */
export function createPgBackRestArchive(options: PgBackRestArchiveOptions): ArchiveSource {
  const { path, stanza } = options;
  return path === undefined ? createPgBackRestProgram(options) : createPgBackRestFolder({ path, stanza });
}
