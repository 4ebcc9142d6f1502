import { describe, expect, it } from 'vitest';

import { healthUrl } from '../../../src/cli/healthcheck.ts';
import { WalguardErrors } from '../../../src/core/error.ts';

const main = '/walguard/dist/main.js';

describe('where the health check asks', () => {
  it.each([
    [['node', main], '127.0.0.1:9187'],
    [['node', main, '--web.listen-address=:9999'], '127.0.0.1:9999'],
    [['node', main, 'serve', '--web.listen-address', '0.0.0.0:9999'], '127.0.0.1:9999'],
    [['node', main, '--web.listen-address=[::]:9999'], '[::1]:9999'],
    [['node', main, '--web.listen-address=10.0.0.5:1', '--web.listen-address=:2'], '10.0.0.5:1'],
    [['node', main, '--no-collector.locks', '--web.listen-address=[fd00::1]:9187'], '[fd00::1]:9187'],
    [['/sbin/docker-init', '--', 'node', main, '--web.listen-address=:9999'], '127.0.0.1:9999'],
    [['/usr/local/bin/walguard', '--web.listen-address=:9999'], '127.0.0.1:9999'],
    [['/sbin/init', '--web.listen-address=:9999'], '127.0.0.1:9187'],
  ])('%j is asked at %s', (commandLine, address) => {
    expect(healthUrl(commandLine, {})).toBe(`http://${address}/-/healthy`);
  });

  it('follows the environment, and a flag more than it', () => {
    const env = { WALGUARD_WEB_LISTEN_ADDRESS: ':7' };
    expect(healthUrl(['node', main], env)).toBe('http://127.0.0.1:7/-/healthy');
    expect(healthUrl(['node', main, '--web.listen-address=:8'], env)).toBe('http://127.0.0.1:8/-/healthy');
  });

  it('objects to an address that is none', () => {
    expect(() => healthUrl(['node', main], { WALGUARD_WEB_LISTEN_ADDRESS: '9187' })).toThrow(WalguardErrors);
  });
});
