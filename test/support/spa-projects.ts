import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import express from 'express';
import { listen } from './hostile-authorization-server.js';
import { freePort } from './free-port.js';
import { temporaryDirectory, until } from './parlour.js';

const ROOT = resolve('.');
const VITE = join(ROOT, 'node_modules/vite/bin/vite.js');

/** A folder with source code of an SPA, where it can be changed and built. */
export interface Project {
  root: string;
  write(file: string, text: string): void;
  /** Builds it, and says where the build is. */
  build(environment?: Record<string, string>): Promise<string>;
  /** Vite serves it, with hot reload. */
  serve(port: number, environment?: Record<string, string>): Promise<Serving>;
}

export interface Serving {
  url: string;
  close(): Promise<void>;
}

/** The demo SPA's own source, as it is. */
export function copyOfTheDemo(): Project {
  const project = emptyProject();
  for (const name of ['src', 'index.html', 'vite.config.ts', 'package.json', 'tsconfig.json']) {
    cpSync(join(ROOT, 'client-demo', name), join(project.root, name), { recursive: true });
  }
  return project;
}

export function emptyProject(): Project {
  const root = temporaryDirectory();
  installed(root);
  const run = (environment: Record<string, string>, ...options: string[]) =>
    spawn(process.execPath, [VITE, ...options], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_ENV: '', ...environment },
    });
  return {
    root,
    write: (file, text) => {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    },
    build: async (environment = {}) => {
      const [code] = await once(run(environment, 'build', '--logLevel', 'error'), 'exit');
      if (code !== 0) throw new Error(`vite build ended with ${code}`);
      return join(root, 'dist');
    },
    serve: async (port, environment = {}) => {
      const options = ['--port', String(port), '--strictPort', '--host', 'localhost', '--logLevel', 'error'];
      const vite = run({ VITE_PORT: String(port), ...environment }, ...options);
      const url = `http://localhost:${port}`;
      await until('Vite serves the page', () => isUp(vite, url));
      return { url, close: () => ended(vite) };
    },
  };
}

/** The packages that a fresh install would bring, as links to ours. */
function installed(root: string): void {
  mkdirSync(join(root, 'node_modules'));
  for (const name of ['vite', 'react', 'react-dom', 'typescript']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(root, 'node_modules', name));
  }
  symlinkSync(join(ROOT, 'client-demo/node_modules/@vitejs'), join(root, 'node_modules/@vitejs'));
}

async function isUp(vite: ChildProcess, url: string): Promise<boolean> {
  if (vite.exitCode !== null) throw new Error(`Vite ended with ${vite.exitCode}`);
  return fetch(url, { headers: { accept: 'text/html' } }).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function ended(vite: ChildProcess): Promise<void> {
  if (vite.exitCode !== null) return;
  const exit = once(vite, 'exit');
  vite.kill();
  await exit;
}

/** Any web server of an adopter: files, and the page for every other path. */
export async function serveFolder(folder: string, port?: number): Promise<Serving> {
  const app = express();
  app.use(express.static(folder));
  app.use((_request, response) => response.sendFile('index.html', { root: folder }));
  const server = createServer(app);
  const bound = await listen(server, port ?? (await freePort()));
  return {
    url: `http://localhost:${bound}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}
