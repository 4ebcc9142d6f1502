// Given to Node by --import: names are looked up in a file, as if the name service of the system were that.
// The file says `fails`, `hangs`, or the address of every name.
import { readFileSync } from 'node:fs';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

dns.promises.lookup = async (name) => {
  const says = readFileSync(process.env['NAME_SERVICE_FILE'] ?? '', 'utf8').trim();
  if (says === 'hangs') return await new Promise(() => undefined);
  if (says === 'fails') throw Object.assign(new Error(`getaddrinfo EAI_AGAIN ${name}`), { code: 'EAI_AGAIN' });
  return [{ address: says, family: 4 }];
};
syncBuiltinESMExports();
