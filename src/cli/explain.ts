import { explain } from '../app/explain/index.ts';
import { renderJson, renderText } from '../app/explain/render.ts';
import type { Environment } from '../config/given.ts';
import type { ExplainInvocation } from './explain-command.ts';

export interface ExplainContext {
  readonly collectorFlags: ReadonlyMap<string, boolean>;
  readonly env: Environment;
}

/**
 * Writes down what a scrape would do.
 *
 * @returns the exit code
 * @throws WalguardErrors with what is wrong with the configuration, or one of the TARGET_ errors
 */
export async function runExplain(
  { target, flags, json }: ExplainInvocation,
  { collectorFlags, env }: ExplainContext,
): Promise<number> {
  const report = await explain({ target, flags, collectorFlags, env });
  process.stdout.write(json ? renderJson(report) : renderText(report));
  return 0;
}
