/** Hosts that may be called over plain http, beside loopback; `none`: not even that. */
export type AllowHttpFor = readonly string[] | 'none';

/** https, or plain http to loopback or to a host that is named exactly in `ALLOW_HTTP_FOR` (RFC 8252 §8.3 on loopback). */
export function isSecureUrl({ protocol, hostname }: URL, allowHttpFor: AllowHttpFor = []): boolean {
  if (protocol !== 'http:' || allowHttpFor === 'none') return protocol === 'https:';
  return isLoopback(hostname) || allowHttpFor.includes(hostname);
}

export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}
