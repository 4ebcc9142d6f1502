import type { Verdict } from '../../core/recoverability.ts';
import { bytesText, durationText, ratesText } from '../../core/words.ts';
import type { StatusDocument } from '../schema.ts';
import { html, type Html } from './html.ts';
import { agoHtml, timeHtml, type Tone } from './parts.ts';
import { HEADLINES, momentText, newestWindow, sentenceOf } from './sentence.ts';

export const TONES: Readonly<Record<Verdict, Tone>> = {
  recoverable: 'good',
  at_risk: 'warning',
  not_recoverable: 'bad',
  unknown: 'neutral',
};
const SIGNS: Readonly<Record<Verdict, string>> = {
  recoverable: '✓',
  at_risk: '!',
  not_recoverable: '✕',
  unknown: '?',
};

/** What one has to know when one knows nothing else. */
export function verdictHtml(status: StatusDocument): Html {
  const { status: verdict } = status;
  return html`<section class="verdict ${TONES[verdict]}" aria-labelledby="verdict">
<h1 id="verdict"><span class="sign" aria-hidden="true">${SIGNS[verdict]}</span> ${HEADLINES[verdict]}</h1>
<p id="sentence">${sentenceOf(status)}</p>
<dl class="tiles">
${tile('Restorable to', restorableHtml(status))}${tile('Would be lost now', lossHtml(status))}${tile('A restore takes', restoreHtml(status))}${tile('Server', serverHtml(status))}</dl>
</section>\n`;
}

function tile(name: string, content: Html): Html {
  return html`<div><dt>${name}</dt><dd>${content}</dd></div>\n`;
}

function unknown(why: string): Html {
  return html`<strong class="unknown">not known</strong><small>${why}</small>`;
}

function restorableHtml(status: StatusDocument): Html {
  const { assessed_at: now, repositories } = status;
  if (repositories.length === 0) return unknown('no repository is configured');
  const window = newestWindow(status);
  if (window === undefined)
    return html`<strong class="unknown">no moment</strong><small>that walguard knows of</small>`;
  const { earliest_at: from, latest_at: to, latest_lsn: lsn, timeline } = window;
  if (to === null) return html`<strong>${lsn}</strong><small>timeline ${timeline}; the time is not known</small>`;
  return html`<strong><time datetime="${to}">${momentText(to, now)}</time></strong><small>${agoHtml(to, now)}; from ${timeHtml(from)} on</small>`;
}

function lossHtml({ exposure, policy }: StatusDocument): Html {
  const wanted = policy.rpo_seconds === null ? 'no rpo is set' : `the rpo allows ${durationText(policy.rpo_seconds)}`;
  if (exposure === null) return unknown(wanted);
  const bytes = exposure.bytes === null ? '' : `${bytesText(Number(exposure.bytes))} of WAL; `;
  const word = exposure.evidence === 'server' ? "; PostgreSQL's word only" : '';
  const lost = exposure.seconds === 0 ? 'nothing' : durationText(exposure.seconds);
  return html`<strong>${lost}</strong><small>${bytes}${wanted}${word}</small>${barOf(exposure.seconds, policy.rpo_seconds)}`;
}

const BAR_WIDTH = 200;

/** How much of what may be lost would be. */
function barOf(seconds: number, rpo: number | null): Html | false {
  if (rpo === null || rpo <= 0) return false;
  const most = Math.max(seconds, rpo) * 1.15;
  const at = (value: number): number => Math.round((value / most) * BAR_WIDTH);
  const kind = seconds > rpo ? 'over' : 'within';
  return html`<svg class="gauge ${kind}" viewBox="0 0 ${BAR_WIDTH} 14" role="img" aria-label="${seconds > rpo ? 'more than' : 'within'} what the rpo allows"><rect class="track" x="0" y="4" width="${BAR_WIDTH}" height="6"/><rect class="level" x="0" y="4" width="${Math.max(2, at(seconds))}" height="6"/><path d="M${at(rpo)} 0V14"/></svg>`;
}

function restoreHtml({ repositories, policy }: StatusDocument): Html {
  const wanted = policy.rto_seconds === null ? '' : `the rto allows ${durationText(policy.rto_seconds)}`;
  const estimates = repositories.flatMap(({ restore_estimate: one }) => (one === null ? [] : [one]));
  const [best] = estimates.toSorted(
    (a, b) => a.restore_seconds + a.recovery_seconds - b.restore_seconds - b.recovery_seconds,
  );
  if (best === undefined) return unknown(wanted === '' ? 'no drill measured it' : wanted);
  const { restore_seconds: copying, recovery_seconds: replaying } = best;
  const parts = `${durationText(copying)} copying, ${durationText(replaying)} replaying WAL, ${ratesText(best.restore_measured_at, best.recovery_measured_at)}`;
  return html`<strong>about ${durationText(copying + replaying)}</strong><small>${parts}${wanted !== '' && `; ${wanted}`}</small>`;
}

function serverHtml({ server, assessed_at: now }: StatusDocument): Html {
  if (server === null) return unknown('it did not answer yet');
  const { in_recovery: standby, timeline, lsn, answered_at: answered } = server;
  const where = [timeline === null ? '' : `timeline ${timeline}`, lsn === null ? '' : `at ${lsn}`];
  const said = html`; answered ${agoHtml(answered, now)}`;
  const place = where.filter((part) => part !== '').join(' ');
  return html`<strong>${standby ? 'standby' : 'primary'}</strong><small>${place}${said}</small>`;
}
