/** What was asked for and wasn't granted; a server that grants everything need not say so (RFC 6749 §3.3, §5.1). */
export function missingScopes(asked: string, granted: string | undefined): string[] {
  if (granted === undefined) return [];
  const names = granted.split(' ');
  return asked.split(' ').filter(name => !names.includes(name));
}
