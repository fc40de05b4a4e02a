import { PAGE_STYLE } from './security-headers.js';

export interface Page {
  title: string;
  text: string;
  reference: string;
  next?: { label: string; href: string };
}

/** The small page that a person gets where a script would get problem details. */
export function page({ title, text, reference, next }: Page): string {
  const link = next ? `<p><a href="${escaped(next.href)}">${escaped(next.label)}</a></p>` : '';
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${PAGE_STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1><p>${escaped(text)}</p>${link}<p><small>If it keeps happening, tell the people who run this app: reference <code>${escaped(reference)}</code></small></p></main></body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
