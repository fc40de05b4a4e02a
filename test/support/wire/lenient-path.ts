/** As the most lenient server would: decodes until nothing changes, takes backslashes for slashes, cuts parameters, resolves dots. */
export function lenientlyRead(url: string): string {
  let path = url.replace(/^https:\/\/[^/]+/, '').replace(/[?#].*$/s, '');
  for (let before = ''; before !== path;) {
    before = path;
    path = path.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  const cut = path
    .normalize('NFKC')
    .replaceAll('\\', '/')
    .replace(/;[^/]*/g, '');
  return new URL(cut.replace(/^\/+/, '/'), 'http://lenient.test').pathname;
}
