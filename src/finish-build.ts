import { copyFileSync, writeFileSync } from 'node:fs';

import { compilePacks } from './app/compiled-packs.ts';
import { DEFAULT_PACKS, OPTIONAL_PACKS, readShipped } from './app/shipped-packs.ts';

// The last step of the build: what the compiler does not put into dist/.
const packs = new Map([...DEFAULT_PACKS, ...OPTIONAL_PACKS].map((file) => [file, readShipped(file)]));
writeFileSync(new URL('packs.json', import.meta.url), JSON.stringify(compilePacks(packs)));

for (const name of ['style.css', 'icon.svg']) {
  const path = `http/page/browser/${name}`;
  copyFileSync(new URL(`../src/${path}`, import.meta.url), new URL(path, import.meta.url));
}
