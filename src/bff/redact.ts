const LONGEST = 500;

const CARRIERS =
  'code|state|nonce|code_verifier|access_token|refresh_token|id_token|id_token_hint|logout_token|client_secret|client_assertion|request_uri|token|password';

/** Error codes of Node's, which may have digits: `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED`. */
const NO_CODE = String.raw`(?<![\w~+-])(?!ERR_[A-Z\d_]+(?![\w~+-]))`;

/** Each with what stands in its place. */
const SECRETS: [RegExp, string][] = [
  // JWTs in compact form, and JWEs
  [/\beyJ[\w-]+(?:\.[\w-]*)+/g, '[jwt]'],
  [/\b((?:set-)?cookie["']?\s*:).*/gi, '$1 [redacted]'],
  [/(__Host-[\w.~-]+=)[^\s;,"']+/gi, '$1[redacted]'],
  // credentials in an Authorization header (RFC 9110 §11.4)
  [/\b(Bearer|Basic|DPoP)\s+[\w+/=.~-]+/gi, '$1 [redacted]'],
  // parameters of queries, forms and JSON, also in a URL that stands in a URL
  [
    new RegExp(`(?<=\\b|%[\\da-f]{2})(${CARRIERS})(["']?\\s*(?:[=:]|%3D)\\s*["']?)[^\\s"'&,}]+`, 'gi'),
    '$1$2[redacted]',
  ],
  // anything that is long and random: error codes are words in one case, hosts have dots
  [new RegExp(String.raw`${NO_CODE}(?=[a-z_~+-]*\d)(?=[\d_~+-]*[a-z])[\w~+-]{20,}={0,2}`, 'gi'), '[redacted]'],
  [new RegExp(String.raw`${NO_CODE}(?=[a-z_~+-]*[A-Z\d])(?=[A-Z_~+-]*[a-z\d])[\w~+-]{32,}={0,2}`, 'g'), '[redacted]'],
];

/** Line breaks and terminal control characters (log forging), and those that turn the direction of writing. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/**
 * The last line of defence for texts that others wrote (an `error_description`, an exception's message): nothing that looks like a secret reaches the log,
 * and nothing that makes a line of it look like another.
 */
export function redact(text: string): string {
  const clean = text.slice(0, LONGEST).replace(CONTROLS, ' ');
  return SECRETS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), clean);
}
