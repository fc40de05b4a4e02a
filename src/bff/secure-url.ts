/** https, or plain http to loopback or to a host that is named exactly in `ALLOW_HTTP_FOR` (RFC 8252 §8.3 on loopback). */
export function isSecureUrl(url: URL, allowHttpFor: string[] = []): boolean {
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && (isLoopback(url.hostname) || allowHttpFor.includes(url.hostname)))
  );
}

export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}
