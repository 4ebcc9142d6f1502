/** What is kept of Prometheus' own limit for the way back: half a second, or a fifth where that is less. */
const MARGIN_MS = 500;
const MARGIN_SHARE = 0.2;

/**
 * The time a scrape has, in milliseconds: the configured one, or what Prometheus allows less a margin.
 *
 * @param header X-Prometheus-Scrape-Timeout-Seconds; what is no positive number is not regarded
 */
export function scrapeBudget(configuredMs: number, header: string | undefined): number {
  const allowedMs = Number(header) * 1_000;
  if (header === undefined || !(allowedMs > 0)) return configuredMs;
  return Math.min(configuredMs, allowedMs - Math.min(MARGIN_MS, allowedMs * MARGIN_SHARE));
}
