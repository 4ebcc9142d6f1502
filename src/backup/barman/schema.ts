import { z } from 'zod';

import { STATUSES } from './facts.ts';

/** null is no more than what is absent. */
const told = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);

const text = z.string();
/** Python prints some whole numbers with a point. */
const bytes = told(z.number().nonnegative());
const walName = told(z.string().regex(/^[0-9A-F]{24}$/));
const lsn = told(z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i));

/** One entry of `barman -f json list-backups`: of one that is not done there is no more than this. */
export const listedSchema = z.object({ backup_id: text.min(1), status: z.enum(STATUSES) });

/** Sizes under the names before 3.11, and since then. */
const base = z.object({
  begin_time: told(text),
  end_time: told(text),
  begin_wal: walName,
  end_wal: walName,
  begin_lsn: lsn,
  end_lsn: lsn,
  timeline: told(z.int().positive()),
  disk_usage_bytes: bytes,
  incremental_size_bytes: bytes,
  backup_size_bytes: bytes,
  backup_method: told(text),
  /** Since 3.14; null is none, and none at all is not told. */
  encryption: text.nullable().optional(),
});

/** `barman -f json show-backup`, as barman/output.py writes it: from 2.x to 3.10, and from 3.11 on. */
export const shownSchema = z.object({
  backup_id: text.min(1),
  status: z.enum(STATUSES),
  system_id: told(z.string().regex(/^\d+$/)),
  postgresql_version: told(z.int().positive()),
  cluster_size_bytes: bytes,
  base_backup_information: base.prefault({}),
  catalog_information: z.object({ parent_backup_id: told(text) }).prefault({}),
});

export type Shown = z.output<typeof shownSchema>;
