export interface Form {
  action: string;
  method: 'GET' | 'POST';
  fields: URLSearchParams;
}

/** The first form of a page, as far as a login page or an error page needs it: its inputs, and the pressed button's name and value. */
export function firstForm(html: string, base: string, button?: string): Form {
  const [, head, body] = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(html) ?? [];
  if (head === undefined || body === undefined) throw new Error(`No form at ${base}: ${html.slice(0, 300)}`);
  const form = attributesOf(head);
  const fields = new URLSearchParams();
  for (const [, tag, text] of body.matchAll(/<(input|button)\b([^>]*)>/gi))
    addField(fields, tag, attributesOf(text), button);
  return {
    action: new URL(form.get('action') ?? base, base).href,
    method: form.get('method')?.toUpperCase() === 'POST' ? 'POST' : 'GET',
    fields,
  };
}

function addField(
  fields: URLSearchParams,
  tag: string | undefined,
  attributes: Map<string, string>,
  button?: string,
): void {
  const name = attributes.get('name');
  if (name === undefined || attributes.has('disabled')) return;
  const type = attributes.get('type') ?? (tag?.toLowerCase() === 'button' ? 'submit' : 'text');
  const isButton = type === 'submit' || type === 'button';
  const isUnchecked = (type === 'checkbox' || type === 'radio') && !attributes.has('checked');
  if (isUnchecked || (isButton && name !== button && attributes.get('value') !== button)) return;
  fields.append(name, attributes.get('value') ?? '');
}

function attributesOf(text = ''): Map<string, string> {
  const found = text.matchAll(/([\w:-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g);
  return new Map(Array.from(found, ([, name = '', a, b, c]) => [name.toLowerCase(), decodeHtml(a ?? b ?? c ?? '')]));
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function decodeHtml(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (all, hex?: string, decimal?: string, name = '') => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return decimal === undefined ? (entities[String(name)] ?? all) : String.fromCodePoint(Number(decimal));
  });
}
