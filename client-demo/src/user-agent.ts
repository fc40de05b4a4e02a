/** The order decides: almost every browser also calls itself Chrome, Safari or both. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:|A|iOS)\//, 'Edge'],
  [/\b(?:OPR|OPT)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chromium|HeadlessChrome)\//, 'Chromium'],
  [/\b(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ (?:Mobile\/\w+ )?Safari\//, 'Safari'],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMacintosh\b/, 'Mac'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

/** Characters that are looked at: the BFF hands on no more. */
const LONGEST = 200;

/**
 * `Firefox on Windows`, for somebody to recognise their own by. The client says it of itself and may say anything: so only words of ours are said, and
 * of a program that isn't in the list its name, quoted and short.
 */
export function browserInWords(userAgent: string | null): string {
  const text = (userAgent ?? '').slice(0, LONGEST);
  const system = SYSTEMS.find(([pattern]) => pattern.test(text))?.[1];
  const browser = BROWSERS.find(([pattern]) => pattern.test(text))?.[1] ?? programIn(text);
  return system === undefined ? browser : `${browser} on ${system}`;
}

/** The first product (RFC 9110 §10.1.5), `curl/8.5.0` for instance; `Mozilla` says nothing. */
function programIn(text: string): string {
  const name = /^([\w.-]{1,24})\//.exec(text)?.[1];
  return name === undefined || name === 'Mozilla' ? 'An unknown browser' : `“${name}”`;
}
