const options = 'test/bff.options*.spec.ts';
const configuration = 'test/configuration*.spec.ts';

const entry = (rule, what, file, find, replace, tests) => ({ rule, what, file, find, replace, tests });

export default [
  entry(
    'start-up',
    'a key of text or repetition is weak',
    'src/bff/options/secrets.ts',
    "return looksRandom(value, bytes) ? undefined : 'is weak: it must be random bytes';",
    'return undefined;',
    options,
  ),
  entry(
    'start-up',
    'a client secret that is a placeholder is weak',
    'src/bff/options/secrets.ts',
    "if (value.toLowerCase().replaceAll(PLACEHOLDERS, '').length < 5) return 'is weak: it is a placeholder';",
    '',
    options,
  ),
  entry(
    'start-up',
    'PUBLIC_URL is https off loopback',
    'src/bff/options/urls.ts',
    "return isSecureUrl(url) ? undefined : 'must be https (http is for loopback only)';",
    'return undefined;',
    options,
  ),
  entry(
    'start-up',
    'all mistakes are listed, not the first',
    'src/bff/options/reading.ts',
    'return errors.flatMap(error => flattened(error, error.property, moreKeys));',
    'return errors.flatMap(error => flattened(error, error.property, moreKeys)).slice(0, 1);',
    options,
  ),
  entry(
    'S3',
    'no message quotes a value',
    'src/bff/options/rules.ts',
    "defaultMessage: violation => rule(violation?.value) ?? '',",
    "defaultMessage: violation => `${rule(violation?.value) ?? ''} (${violation?.value})`,",
    options,
  ),
  entry(
    'S3',
    'a file that isn’t JSON is named by the place, not quoted',
    'src/configuration/config-file.ts',
    '${position(error)}',
    '${String(error)}',
    configuration,
  ),
  entry(
    'production',
    'no development server’s pages in production',
    'src/configuration/server.options.ts',
    'if (server.production && server.spaDevUrl !== undefined) {',
    'if (server.production && server.spaDevUrl === null) {',
    configuration,
  ),
  entry(
    'production',
    'the development servers don’t load in production',
    'src/dev/refuse-production.ts',
    "if (process.env['NODE_ENV'] === 'production') {",
    "if (process.env['NODE_ENV'] === 'nowhere') {",
    'test/dev-servers.e2e-spec.ts',
  ),
];
