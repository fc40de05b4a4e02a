import { describe, expect, it } from '@jest/globals';
import { browserInWords } from '../client-demo/src/user-agent.js';

const APPLE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0';

describe('the demo says of a User-Agent', () => {
  it.each([
    ['Firefox on Windows', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'],
    ['Firefox on Android', 'Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0'],
    [
      'Firefox on iPhone',
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${APPLE} FxiOS/145.0 Safari/605.1.15`,
    ],
    ['Chrome on Linux', `Mozilla/5.0 (X11; Linux x86_64) ${CHROME} Safari/537.36`],
    ['Chrome on ChromeOS', `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME} Safari/537.36`],
    ['Chrome on Android', `Mozilla/5.0 (Linux; Android 10; K) ${CHROME} Mobile Safari/537.36`],
    [
      'Chrome on iPad',
      `Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) ${APPLE} CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1`,
    ],
    ['Chromium on Linux', `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/147.0.0.0 Safari/537.36`],
    ['Edge on Windows', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36 Edg/142.0.0.0`],
    ['Opera on Mac', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${CHROME} Safari/537.36 OPR/124.0.0.0`],
    [
      'Samsung Internet on Android',
      `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
    ],
    ['Safari on Mac', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/18.1 Safari/605.1.15`],
    [
      'Safari on iPhone',
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${APPLE} Version/18.1 Mobile/15E148 Safari/604.1`,
    ],
    ['“curl”', 'curl/8.14.1'],
    ['An unknown browser on Linux', 'Mozilla/5.0 (X11; Linux x86_64) Something/1.0'],
    ['An unknown browser', ''],
    ['An unknown browser', null],
  ])('%s', (words, userAgent) => {
    expect(browserInWords(userAgent)).toBe(words);
  });

  it.each([
    ['markup', '<img src=x onerror=alert(1)>/1.0'],
    ['a sentence', 'Your account is in danger, call 555-0100/1.0'],
    ['no end', `${'A'.repeat(100_000)}/1.0`],
    ['its product behind the bound', `${'x '.repeat(100)}Firefox/145.0`],
  ])('S4: nothing of the text’s own when it has %s', (_, userAgent) => {
    expect(browserInWords(userAgent)).toBe('An unknown browser');
  });
});
