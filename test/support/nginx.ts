import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from './certificates.js';
import { temporaryDirectory, until } from './parlour.js';

/** sbin isn't on everybody's PATH. */
const PATH = `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`;

export interface Terminated {
  port: number;
  upstream: number;
  certificate: Certificate;
}

/**
 * nginx as a TLS terminator: https at `port`, plain http to `upstream`. `headers`: what it sets on forwarded requests, a `proxy_set_header` each;
 * `more`: further directives of the server.
 */
export async function startNginx(
  terminated: Terminated,
  headers: string[],
  more: string[] = [],
): Promise<{ close(): Promise<void> }> {
  const directives = [...more, ...headers.map(header => `proxy_set_header ${header};`)];
  return startNginxWith(terminated.port, server(terminated, directives));
}

/** nginx with this inside its `http { … }`; it listens at `port`. */
export async function startNginxWith(port: number, http: string): Promise<{ close(): Promise<void> }> {
  const directory = temporaryDirectory();
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration(directory, http));
  const nginx = spawn('nginx', ['-p', directory, '-c', file], { env: { PATH }, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(nginx, 'exit');
  let said = '';
  nginx.stderr.on('data', chunk => (said += String(chunk)));
  await until('nginx listens', async () => {
    if (nginx.exitCode !== null) throw new Error(`nginx ended: ${said}`);
    return fetch(`http://127.0.0.1:${port}`).then(
      () => true, // 400: plain http to a TLS port
      () => false,
    );
  });
  return {
    close: async () => {
      nginx.kill('SIGTERM');
      await exited;
    },
  };
}

function configuration(directory: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${temporary.map(name => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
${http}
}
`;
}

function server({ port, upstream, certificate }: Terminated, directives: string[]): string {
  const { certFile, keyFile } = certificate;
  return `
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    ${directives.join('\n    ')}
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
    }
  }
`;
}
