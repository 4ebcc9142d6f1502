import type { Format } from '../exposition/encode.ts';
import { layOutPage } from '../exposition/page.ts';
import { encodeFamily } from '../exposition/samples.ts';
import type { FamilyChunks } from '../exposition/page.ts';
import type { Page, ServedServer } from '../http/served.ts';
import type { Target } from '../scrape/target.ts';
import type { Instruments } from '../self/instruments.ts';

/** @param isOnly the page tells of walguard's own process too: there is no other that would */
export function createMakePage(target: Target, instruments: Instruments, isOnly: boolean): ServedServer['makePage'] {
  return async ({ selection, budgetMs, reader, format }) => {
    const started = performance.now();
    const { result, shared, release } = target.scrape(selection, budgetMs, reader);
    const families = await result;
    instruments.scrapes.inc();
    if (shared) instruments.sharedScrapes.inc();
    instruments.scrapeDuration.observe((performance.now() - started) / 1_000);
    const own = isOnly ? await ownFamilies(instruments) : [];
    return { chunks: [...layOutPage([...families, ...own], format)], release };
  };
}

/** A page of walguard's own process. */
export async function makeOwnPage(instruments: Instruments, format: Format): Promise<Page> {
  return { chunks: [...layOutPage(await ownFamilies(instruments), format)], release: () => undefined };
}

async function ownFamilies(instruments: Instruments): Promise<readonly FamilyChunks[]> {
  return (await instruments.read()).map(({ family, samples }) => encodeFamily(family, samples));
}
