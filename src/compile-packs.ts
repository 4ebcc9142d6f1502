import { writeFileSync } from 'node:fs';

import { compilePacks } from './app/compiled-packs.ts';
import { DEFAULT_PACKS, OPTIONAL_PACKS, readShipped } from './app/shipped-packs.ts';

// The last step of the build.
const packs = new Map([...DEFAULT_PACKS, ...OPTIONAL_PACKS].map((file) => [file, readShipped(file)]));
writeFileSync(new URL('packs.json', import.meta.url), JSON.stringify(compilePacks(packs)));
