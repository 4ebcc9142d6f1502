import { bytesText, countText, durationText } from '../../core/words.ts';
import type { StatusDocument, StatusFinding } from '../schema.ts';
import { html, type Html } from './html.ts';
import { badge, detailsHtml } from './parts.ts';

/** What is wrong, with its cure; the critical first. */
export function findingsHtml({ findings }: StatusDocument): Html {
  const present = findings.filter((finding) => finding.present === true);
  const sorted = [...present.filter(isCritical), ...present.filter((finding) => !isCritical(finding))];
  const unknown = findings.filter((finding) => finding.present === null);
  const absent = findings.filter((finding) => finding.present === false);
  return html`<section aria-labelledby="findings">
<h2 id="findings">Findings</h2>
${sorted.length === 0 && html`<p>${unknown.length === 0 ? 'Nothing is found wrong.' : 'Nothing is found wrong of what is known.'}</p>\n`}${sorted.map(findingHtml)}${
    unknown.length > 0 &&
    html`<p><strong>Not known:</strong> ${unknown.map(({ finding }, index) => html`${index > 0 && ', '}<code>${finding}</code>`)}</p>\n`
  }${
    absent.length > 0 &&
    detailsHtml(
      'findings-absent',
      `${countText(absent.length, 'other finding')} looked for and not found`,
      html`<p>${absent.map(({ finding }, index) => html`${index > 0 && ', '}<code>${finding}</code>`)}</p>\n`,
    )
  }</section>\n`;
}

function isCritical({ severity }: StatusFinding): boolean {
  return severity === 'critical';
}

function findingHtml(finding: StatusFinding): Html {
  const { finding: name, severity, message, evidence, cure } = finding;
  const tone = severity === 'critical' ? 'bad' : 'warning';
  return html`<article class="finding ${tone}">
<h3>${badge(tone, severity)} ${message ?? name}</h3>
<p class="numbers"><code>${name}</code>${numbersOf(finding)}</p>
${evidence.length > 0 && html`<p>Seen in:</p>\n<ul>${evidence.map((one) => html`<li><code>${one}</code></li>`)}</ul>\n`}<p class="cure"><strong>Cure:</strong> ${cure}</p>
</article>\n`;
}

function numbersOf({ value, threshold, unit }: StatusFinding): string {
  if (value === null || unit === null) return '';
  const limit = threshold === null ? '' : `, limit ${quantity(threshold, unit)}`;
  return `: ${quantity(value, unit)}${limit}`;
}

function quantity(value: number, unit: NonNullable<StatusFinding['unit']>): string {
  if (unit === 'seconds') return durationText(value);
  return unit === 'bytes' ? bytesText(value) : countText(value, unit.slice(0, -1));
}
