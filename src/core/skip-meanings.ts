import type { SkipReason } from './reasons.ts';

/** A reason in words, and what to do if the collector is wanted. */
export interface Meaning {
  readonly says: string;
  readonly cure: string;
}

export const SKIP_MEANINGS: Readonly<Record<SkipReason, Meaning>> = {
  version: {
    says: 'is for other versions of PostgreSQL',
    cure: 'Nothing to do; a block of a pack is bounded by runonserver, min_version and max_version.',
  },
  role: {
    says: 'is for the other role: a primary, or a standby',
    cure: 'Nothing to do; it runs once the server changes its role.',
  },
  rights: { says: 'reads what the role may not', cure: 'GRANT pg_monitor TO the role walguard connects as.' },
  pgbouncer: {
    says: "is for PgBouncer's console",
    cure: 'Let another walguard scrape the console, as docs/pgbouncer.md says.',
  },
  database: {
    says: 'names databases of which there is none',
    cure: 'Correct its target_databases or tags dbname:NAME, or what --databases.exclude says.',
  },
  user: { says: 'is for other roles', cure: 'Connect as one of its tags username:NAME, or correct these.' },
  tag: {
    says: 'asks for tags that walguard has not, or has',
    cure: 'Give the tag with --extend.tag, or take it out there.',
  },
  extension: { says: 'needs an extension that the database has not', cure: 'CREATE EXTENSION in the database.' },
  schema: {
    says: 'needs a schema that the database has not',
    cure: 'Create the schema, or correct the tag schema:NAME.',
  },
  predicate: { says: 'asks first, and the answer was no', cure: 'Run its predicate query by hand to see why.' },
};
