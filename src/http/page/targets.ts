import type { Verdict } from '../../core/recoverability.ts';
import { durationText } from '../../core/words.ts';
import { DISCOVERY_PATH } from '../discovery-route.ts';
import { PROBE_PATH } from '../metrics-route.ts';
import type { StatusDocument } from '../schema.ts';
import { html, type Html } from './html.ts';
import { brandHtml, type FileUrls, renderDocument } from './page.ts';
import { agoHtml, badge, tableHtml } from './parts.ts';
import { HEADLINES, newestWindow } from './sentence.ts';
import { TONES } from './verdict.ts';

interface TargetOnPage {
  readonly name: string;
  readonly status: StatusDocument;
}

/** All that the page of several servers shows. */
export interface TargetsPageInput {
  readonly targets: readonly TargetOnPage[];
  readonly telemetryPath: string;
  readonly files: FileUrls;
}

const WORST_FIRST: readonly Verdict[] = ['not_recoverable', 'at_risk', 'unknown', 'recoverable'];

/** The page of all servers, the worst first, each with a link to its own. */
export function renderTargets({ targets, telemetryPath, files }: TargetsPageInput): string {
  const count = `${targets.length} ${targets.length === 1 ? 'server' : 'servers'}`;
  const links = [
    [`.${telemetryPath}`, 'Metrics of walguard'],
    [`.${DISCOVERY_PATH}`, 'Targets for Prometheus'],
  ] as const;
  return renderDocument({
    title: count,
    files,
    body: html`${brandHtml('', links)}<main id="page">
<h1>${count}</h1>
${targets.length === 0 ? noTargetsHtml() : tableOf(targets)}</main>\n`,
  });
}

function noTargetsHtml(): Html {
  return html`<p>The configuration names no targets. Servers that a request names are at
<code>${PROBE_PATH}?target=HOST:PORT&amp;auth_module=NAME</code>: <code>docs/targets.md</code>.</p>\n`;
}

function tableOf(targets: readonly TargetOnPage[]): Html {
  const rank = ({ status }: TargetOnPage): number => WORST_FIRST.indexOf(status.status);
  return tableHtml({
    caption: 'Servers, the worst first',
    columns: [
      { head: 'Server', cell: ({ name }) => html`<a href="./?target=${encodeURIComponent(name)}">${name}</a>` },
      { head: 'Could it be got back?', cell: ({ status }) => badge(TONES[status.status], HEADLINES[status.status]) },
      { head: 'Restorable to', cell: ({ status }) => restorableHtml(status) },
      {
        head: 'Would be lost now',
        cell: ({ status }) => lostText(status),
      },
      {
        head: 'Findings',
        cell: ({ status: { findings } }) => findings.filter(({ present }) => present === true).length,
        isNumber: true,
      },
      {
        head: 'Answered',
        cell: ({ status: { server, assessed_at: now } }) => agoHtml(server?.answered_at ?? null, now),
      },
    ],
    rows: targets.toSorted((a, b) => rank(a) - rank(b)),
  });
}

function restorableHtml(status: StatusDocument): Html | string {
  const window = newestWindow(status);
  return window === undefined ? 'not known' : agoHtml(window.latest_at, status.assessed_at, 'not known');
}

function lostText({ exposure }: StatusDocument): string {
  if (exposure === null) return 'not known';
  const lost = exposure.seconds === 0 ? 'nothing' : durationText(exposure.seconds);
  return exposure.evidence === 'server' ? `${lost}, by PostgreSQL's word` : lost;
}
