import { readTextIfThere } from '../config/read-text-file.ts';
import type { PageFiles } from '../http/page/route.ts';

/** The style, the script and the icon of the page, which the build puts beside its code. */
export function readPageFiles(): PageFiles {
  return { style: read('style.css'), script: read('live.js'), icon: read('icon.svg') };
}

/** The script is not there while the sources are run as they are, as by tests. */
function read(name: string): string {
  return readTextIfThere(new URL(`../http/page/browser/${name}`, import.meta.url)) ?? '';
}
