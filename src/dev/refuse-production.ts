/**
 * Throws when NODE_ENV is `production`. The development servers accept any password, so nothing under `dev/` may load there.
 */
export function refuseProduction(): void {
  if (process.env['NODE_ENV'] === 'production') {
    throw new Error('The development servers accept any password and refuse to run with NODE_ENV=production.');
  }
}
