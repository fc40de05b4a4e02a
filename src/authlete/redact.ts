const LONGEST = 300;

/** What a text of Authlete's may hold: in its messages there are client ids, request_uris and now and then a parameter. */
const SECRETS: readonly [RegExp, string][] = [
  [/urn:ietf:params:oauth:request_uri:[^\s,"']+/gi, '[request_uri]'],
  [/\beyJ[\w-]*(?:\.[\w-]*)+/g, '[jwt]'],
  [/\b(basic|bearer|dpop)\s+[\w.~+/=-]{6,}/gi, '$1 [redacted]'],
  // form parameters and JSON members that carry credentials, whatever their length
  [/\b(\w*(?:secret|token|password|ticket|code|verifier|assertion))("?\s*[=:]\s*"?)[^\s"'&,}]+/gi, '$1$2[redacted]'],
  // anything else that is long and random: words have no digits, and host names have dots, paths slashes
  [/(?=[\w~+=-]*\d)(?=[\w~+=-]*[a-z])[\w~+=-]{20,}/gi, '[redacted]'],
  [/(?=[\w~+=-]*[a-z])(?=[\w~+=-]*[A-Z])[\w~+=-]{32,}/g, '[redacted]'],
];

/** Line ends and other controls would make one line of the log look like two. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Cut at the end: half a secret wouldn't look like one. */
export function redact(text: string): string {
  const clean = text.slice(0, 10 * LONGEST).replace(CONTROLS, ' ');
  return SECRETS.reduce((rest, [secret, instead]) => rest.replace(secret, instead), clean).slice(0, LONGEST);
}

/** Of a message that may repeat what we sent: whatever stands behind such a word, in whichever form, may be one. */
export function upToSecrets(text: string): string {
  return text.replace(/(\b\w*(?:secret|ticket|password)\b).*/is, '$1 …');
}
