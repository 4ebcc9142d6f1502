import { describe, expect, it } from 'vitest';
import { landingPage } from '../../../src/http/landing-page.ts';

describe('the landing page', () => {
  it('leads to the metrics wherever they are, and says the version', () => {
    const page = landingPage('1.2.3', '/pg/metrics');
    expect(page).toContain('<a href="/pg/metrics">');
    expect(page).toContain('1.2.3');
    expect(page).not.toContain('"/metrics"');
  });
});
