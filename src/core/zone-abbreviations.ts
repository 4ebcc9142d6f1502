/**
 * Offsets east of UTC, in minutes, of the abbreviations that stand for one offset wherever the time zone database uses
 * them today. CST, CDT, IST and PST stand for several, and are not here.
 */
const MINUTES: Readonly<Record<string, number>> = {
  UTC: 0,
  UCT: 0,
  Z: 0,
  GMT: 0,
  WET: 0,
  WEST: 60,
  BST: 60,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  IDT: 180,
  SAST: 120,
  CAT: 120,
  WAT: 60,
  EAT: 180,
  PKT: 300,
  WIB: 420,
  WITA: 480,
  WIT: 540,
  HKT: 480,
  JST: 540,
  KST: 540,
  AWST: 480,
  ACST: 570,
  ACDT: 630,
  AEST: 600,
  AEDT: 660,
  ChST: 600,
  NZST: 720,
  NZDT: 780,
  SST: -660,
  HST: -600,
  HDT: -540,
  AKST: -540,
  AKDT: -480,
  PDT: -420,
  MST: -420,
  MDT: -360,
  EST: -300,
  EDT: -240,
  AST: -240,
  ADT: -180,
  NST: -210,
  NDT: -150,
};

/** What PostgreSQL itself takes those for that stand for several; source: timezonesets/Default of 13 to 18. */
const USUAL_MINUTES: Readonly<Record<string, number>> = { CST: -360, CDT: -300, PST: -480, IST: 120 };

/** The same as {@link zoneMinutes}, but for CST, CDT, PST and IST what `timezone_abbreviations = 'Default'` says. */
export function usualZoneMinutes(zone: string): number | undefined {
  return zoneMinutes(zone) ?? (Object.hasOwn(USUAL_MINUTES, zone) ? USUAL_MINUTES[zone] : undefined);
}

/** Minutes east of UTC of an abbreviation, or of an offset such as `+05:30`, `+0530` or `-03`; undefined if it is ambiguous. */
export function zoneMinutes(zone: string): number | undefined {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (hours !== undefined) return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return Object.hasOwn(MINUTES, zone) ? MINUTES[zone] : undefined;
}
