import { countText, durationText } from '../../core/words.ts';
import type { StatusRepository } from '../schema.ts';
import { html, type Html } from './html.ts';
import { badge } from './parts.ts';

type Calendar = StatusRepository['calendars'][number];
type Slot = Calendar['slots'][number];

const UNITS: Readonly<Record<Calendar['unit'], readonly [title: string, one: string]>> = {
  daily: ['Days', 'day'],
  weekly: ['Weeks', 'week'],
  monthly: ['Months', 'month'],
};

/** On which days, in which weeks and months there is a usable backup, and what the rules ask for. */
export function calendarHtml(repository: StatusRepository): Html {
  const { calendars, retention, time_zone: zone } = repository;
  const lines = retention.map(({ rule, satisfied, required, present, warming_up: warming }) => {
    const amount = (value: number): string => (rule === 'pitr' ? durationText(value) : String(value));
    const state = satisfied ? badge('good', 'kept') : badge('bad', 'not kept');
    return html`<li><code>${rule}</code> ${amount(present)} of ${amount(required)} ${state}${warming && ' (younger than the rule is long)'}</li>\n`;
  });
  return html`<h3>Retention</h3>
${retention.length === 0 ? html`<p>No rule is configured.</p>\n` : html`<ul class="facts">${lines}</ul>\n`}${calendars.map((calendar) => unitHtml(calendar, zone))}`;
}

function unitHtml({ unit, slots }: Calendar, zone: string): Html {
  const [title, one] = UNITS[unit];
  const held = slots.filter(({ usable_backups: count }) => count > 0).length;
  return html`<h4>${title} <small>(${zone}): ${held} of ${countText(slots.length, one)} with a usable backup</small></h4>
<ol class="calendar ${unit}">${slots.map((slot, index) => slotHtml(slot, { unit, isNow: index === slots.length - 1 }))}</ol>\n`;
}

interface SlotPlace {
  readonly unit: Calendar['unit'];
  readonly isNow: boolean;
}

/** With a sign, and in words for who does not see it. */
function slotHtml({ first_day: day, usable_backups: count, required }: Slot, { unit, isNow }: SlotPlace): Html {
  const [kind, sign, words] = stateOf(count, required, isNow);
  const text = unit === 'monthly' ? day.slice(0, 7) : day.slice(5);
  return html`<li class="${kind}"><span class="day">${text}</span> <span aria-hidden="true">${sign}</span><span class="unseen"> ${words}</span></li>`;
}

function stateOf(count: number, required: boolean, isNow: boolean): readonly [string, string, string] {
  if (count > 0) return ['held', count > 1 ? `✓${count}` : '✓', countText(count, 'usable backup')];
  if (required) return ['missing', '✕', 'no usable backup, and one is asked for'];
  return isNow ? ['open', '…', 'none yet'] : ['none', '–', 'none, and none is asked for'];
}
