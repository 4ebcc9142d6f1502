import type { LastOutcome } from '../../scrape/last-outcomes.ts';
import type { StatusDocument } from '../schema.ts';
import { PROBE_PATH } from '../metrics-route.ts';
import { STATUS_PATH } from '../status-route.ts';
import { archiverHtml } from './archiver.ts';
import { findingsHtml } from './findings.ts';
import { html, type Html, markupOf } from './html.ts';
import { timeHtml } from './parts.ts';
import { repositoryHtml } from './repository.ts';
import { HEADLINES } from './sentence.ts';
import { collectorsHtml, sourcesHtml } from './sources.ts';
import { unconfiguredHtml } from './unconfigured.ts';
import { verdictHtml } from './verdict.ts';

/** All that the page of a target shows. */
export interface PageInput {
  readonly status: StatusDocument;
  readonly collectors: readonly LastOutcome[];
  readonly telemetryPath: string;
  /** There is no other server. */
  readonly isOnly: boolean;
  readonly files: FileUrls;
}

/** Where the style, the script and the icon are, from the page. */
export interface FileUrls {
  readonly style: string;
  readonly script: string;
  readonly icon: string;
}

/** The page of one target, as text. */
export function renderPage(input: PageInput): string {
  const { status, files } = input;
  return renderDocument({
    title: `${HEADLINES[status.status]}: ${status.target}`,
    files,
    body: html`${headerHtml(input)}<main id="page" data-verdict="${status.status}">
${targetHtml(input)}</main>
${footerHtml(status)}`,
  });
}

/** A whole page of walguard. Its script takes up what changes in `main` of the id `page`. */
export function renderDocument({ title, files, body }: { title: string; files: FileUrls; body: Html }): string {
  return markupOf(html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - walguard</title>
<link rel="stylesheet" href="${files.style}">
<link rel="icon" href="${files.icon}" type="image/svg+xml">
<script src="${files.script}" type="module"></script>
</head>
<body>
${body}</body>
</html>
`);
}

/** What there is to say of one target. */
function targetHtml({ status, collectors }: PageInput): Html {
  const { repositories } = status;
  return html`${verdictHtml(status)}${findingsHtml(status)}${repositories.length === 0 && unconfiguredHtml()}${repositories.map(
    (repository, index) => repositoryHtml(repository, index, status),
  )}${archiverHtml(status)}${sourcesHtml(status)}${collectorsHtml(collectors, status.assessed_at)}`;
}

function headerHtml({ status, telemetryPath, isOnly }: PageInput): Html {
  const of = isOnly ? '' : `?target=${encodeURIComponent(status.target)}`;
  return html`${brandHtml(status.target, [
    ...(isOnly ? [] : [['./', 'All servers'] as const]),
    [isOnly ? `.${telemetryPath}` : `.${PROBE_PATH}${of}`, 'Metrics'],
    [`.${STATUS_PATH}${of}`, 'Status as JSON'],
  ])}`;
}

/** Paths are relative, so that the page can stand behind a proxy, under a path of that one. */
export function brandHtml(of: string, links: readonly (readonly [path: string, text: string])[]): Html {
  return html`<header>
<p class="brand">walguard <span>${of}</span></p>
<nav aria-label="walguard"><ul>
${links.map(([path, text]) => html`<li><a href="${path}">${text}</a></li>\n`)}</ul></nav>
<p id="connection" role="status"></p>
<p id="announcement" class="unseen" aria-live="polite"></p>
</header>\n`;
}

function footerHtml({ walguard_version: version, assessed_at: at }: StatusDocument): Html {
  return html`<footer>
<p>As of <span id="as-of">${timeHtml(at)}</span>; times are UTC. walguard ${version}; what all of this means is in
<code>docs/recoverability.md</code>, and this page in <code>docs/page.md</code>.</p>
</footer>\n`;
}
