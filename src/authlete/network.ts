import { isIP } from 'node:net';
import { compile } from 'proxy-addr';
import { textThat } from './option-rules.js';

/** Bits of the widest network that is still somebody's: with a wider one, half the world could speak for others. */
const WIDEST = { ipv4: 8, ipv6: 32, mapped: 104 };

/** RFC 4291 §2.5.5.2: a network of such addresses is one of IPv4. */
const isMapped = compile(['::ffff:0:0/96']);

/** An address or a network. proxy-addr knows names, too (`loopback`, `uniquelocal`), which are wider than they look. */
export const network = textThat(text => {
  const [ip = '', bits] = text.split('/');
  if (isIP(ip) === 0 || (bits !== undefined && !/^\d+$/.test(bits)) || !isReadable(text)) {
    return 'must be an IP address or a network, as 10.0.0.0/8';
  }
  const widest = isIP(ip) === 4 ? WIDEST.ipv4 : isMapped(ip, 0) ? WIDEST.mapped : WIDEST.ipv6;
  return bits === undefined || Number(bits) >= widest
    ? undefined
    : `is too wide: a network has /${widest} or more here`;
});

function isReadable(text: string): boolean {
  try {
    compile([text]);
    return true;
  } catch {
    return false;
  }
}
