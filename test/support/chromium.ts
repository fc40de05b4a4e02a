import { chromium, type Browser } from 'playwright-core';

export { recordTraffic, type Traffic } from './chromium/traffic.js';
export { scanForSecrets, type Hit, type Needle, type Scannable } from './chromium/secret-scan.js';

/**
 * Headless Chromium with its security on: no flag but these two (the first, because root can't have the sandbox). The flags that
 * @sparticuz/chromium proposes switch web security off, and then every cross-site test passes for nothing.
 */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.PARLOUR_TEST_CHROMIUM;
  if (executablePath === undefined) throw new Error("PARLOUR_TEST_CHROMIUM is not set: Jest's globalSetup does that");
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--headless=shell'] });
}
