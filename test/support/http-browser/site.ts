/** Scheme and registrable domain (HTML, "same site"). Ports don't count. IP addresses and single labels stand for themselves. */
export function siteOf(url: string | URL): string {
  const { protocol, hostname } = new URL(url);
  const labels = hostname.split('.');
  const isAddress = hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
  return `${protocol}//${isAddress ? hostname : labels.slice(-2).join('.')}`;
}

export function isTrustworthy(url: URL): boolean {
  const loopback = url.hostname === 'localhost' || url.hostname.endsWith('.localhost') || url.hostname === '[::1]';
  return url.protocol === 'https:' || loopback || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
}

/** Fetch Metadata §2.3: the worst relation of the initiator to any URL of the redirect chain. */
export function fetchSite(
  initiator: string | undefined,
  chain: URL[],
): 'none' | 'same-origin' | 'same-site' | 'cross-site' {
  if (initiator === undefined) return 'none';
  if (chain.some(url => siteOf(url) !== siteOf(initiator))) return 'cross-site';
  return chain.every(url => url.origin === new URL(initiator).origin) ? 'same-origin' : 'same-site';
}
