/** How many series a scrape may still give, over all its collectors. */
export interface SeriesLimit {
  /** Most series of one collector. */
  readonly perCollector: number;
  /** Takes room for so many; false, and nothing is taken, if there is not enough. */
  readonly take: (series: number) => boolean;
  readonly giveBack: (series: number) => void;
  readonly isReached: () => boolean;
}

/** What may be on a page at most. */
export interface SeriesCaps {
  readonly perCollector: number;
  readonly perPage: number;
}

export function createSeriesLimit({ perCollector, perPage }: SeriesCaps): SeriesLimit {
  let left = perPage;
  return {
    perCollector,
    take(series) {
      if (series > left) return false;
      left -= series;
      return true;
    },
    giveBack: (series) => (left += series),
    isReached: () => left <= 0,
  };
}

/** Of a page that walguard writes itself, or of a test. */
export const NO_LIMIT: SeriesLimit = {
  perCollector: Infinity,
  take: () => true,
  giveBack: () => undefined,
  isReached: () => false,
};
