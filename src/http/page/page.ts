import type { LastOutcome } from '../../scrape/last-outcomes.ts';
import type { StatusDocument } from '../schema.ts';
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
  /** Where the style, the script and the icon are, from the page. */
  readonly files: { readonly style: string; readonly script: string; readonly icon: string };
}

/** The page of one target, as text. */
export function renderPage(input: PageInput): string {
  const { status, files } = input;
  return markupOf(html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${HEADLINES[status.status]}: ${status.target} - walguard</title>
<link rel="stylesheet" href="${files.style}">
<link rel="icon" href="${files.icon}" type="image/svg+xml">
<script src="${files.script}" type="module"></script>
</head>
<body>
${headerHtml(input)}<main id="page" data-verdict="${status.status}">
${targetHtml(input)}</main>
${footerHtml(status)}</body>
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

/** Paths are relative, so that the page can stand behind a proxy, under a path of that one. */
function headerHtml({ status, telemetryPath }: PageInput): Html {
  return html`<header>
<p class="brand">walguard <span>${status.target}</span></p>
<nav aria-label="walguard"><ul>
<li><a href=".${telemetryPath}">Metrics</a></li>
<li><a href=".${STATUS_PATH}">Status as JSON</a></li>
</ul></nav>
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
