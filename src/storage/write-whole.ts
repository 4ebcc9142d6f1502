import { open, rename } from 'node:fs/promises';

/** Puts a text where readers find all of it or what was there before, for everybody to read. Throws what the system says. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = `${path}.new`;
  {
    await using file = await open(unfinished, 'w', 0o644);
    await file.chmod(0o644);
    await file.writeFile(text);
    await file.sync();
  }
  await rename(unfinished, path);
}
