import { AUTHENTICATION_METHODS } from '../event-kinds.ts';
import type { ReportedConnections, ReportedSessions } from './document.ts';
import { createGroups } from './groups.ts';
import { countsOf, increase, type Part, rounded, zeros } from './part.ts';

export function createConnections(): Part<ReportedConnections> {
  const databases = createGroups();
  const users = createGroups();
  const methods = zeros(AUTHENTICATION_METHODS);
  let received = 0;
  let authorized = 0;
  let failures = 0;
  return {
    add({ record: { message }, event }) {
      if (event === undefined && message.startsWith('connection received: ')) received += 1;
      else if (event?.kind === 'connection') {
        authorized += 1;
        databases.add(event.datname ?? '', 0);
        users.add(word(message, 'user'), 0);
      } else if (event?.kind === 'authentication_failure') {
        failures += 1;
        increase(methods, event.method);
      }
    },
    report: (top) => ({
      received,
      authorized,
      byDatabase: databases.counts(top),
      byUser: users.counts(top),
      authenticationFailures: failures,
      authenticationFailuresByMethod: countsOf(methods),
    }),
  };
}

export function createSessions(): Part<ReportedSessions> {
  const all = { databases: createGroups(), users: createGroups(), hosts: createGroups() };
  let count = 0;
  let seconds = 0;
  return {
    add({ record: { message }, event }) {
      if (event?.kind !== 'disconnection') return;
      count += 1;
      seconds += event.seconds;
      all.databases.add(event.datname ?? '', event.seconds);
      all.users.add(word(message, 'user'), event.seconds);
      all.hosts.add(word(message, 'host'), event.seconds);
    },
    report: (top) => ({
      count,
      seconds: rounded(seconds),
      byDatabase: all.databases.report(top),
      byUser: all.users.report(top),
      byHost: all.hosts.report(top),
    }),
  };
}

/** `user=alice` of a message. */
function word(message: string, name: string): string {
  const from = message.indexOf(` ${name}=`);
  if (from === -1) return '';
  const begin = from + name.length + 2;
  const end = message.indexOf(' ', begin);
  return message.slice(begin, end === -1 ? message.length : end);
}
