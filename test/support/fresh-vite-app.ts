import { emptyProject, type Project } from './spa-projects.js';

/** What `npm create vite` lays out for TypeScript without a framework, as far as it matters to a browser. */
const GENERATED = {
  'index.html': `<!doctype html>
<html lang="en">
  <head>
    <meta charset="UTF-8" />
    <link rel="icon" type="image/svg+xml" href="/vite.svg" />
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <title>Vite + TS</title>
  </head>
  <body>
    <div id="app"></div>
    <script type="module" src="/src/main.ts"></script>
  </body>
</html>
`,
  'public/vite.svg':
    '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><path d="M0 0h32L16 32z"/></svg>\n',
  'src/typescript.svg':
    '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><path d="M0 0h32v32H0z"/></svg>\n',
  'src/style.css': '#app {\n  text-align: center;\n}\n',
  'src/counter.ts': `export function setupCounter(element: HTMLButtonElement) {
  let counter = 0
  const setCounter = (count: number) => {
    counter = count
    element.innerHTML = \`count is \${counter}\`
  }
  element.addEventListener('click', () => setCounter(counter + 1))
  setCounter(0)
}
`,
  'src/main.ts': `import './style.css'
import typescriptLogo from './typescript.svg'
import viteLogo from '/vite.svg'
import { setupCounter } from './counter.ts'

document.querySelector<HTMLDivElement>('#app')!.innerHTML = \`
  <div>
    <img src="\${viteLogo}" class="logo" alt="Vite logo" />
    <img src="\${typescriptLogo}" class="logo vanilla" alt="TypeScript logo" />
    <h1>Vite + TypeScript</h1>
    <div class="card">
      <button id="counter" type="button"></button>
    </div>
  </div>
\`

setupCounter(document.querySelector<HTMLButtonElement>('#counter')!)
`,
  'vite.config.ts': `import { defineConfig } from 'vite'

// https://vite.dev/config/
export default defineConfig({
  plugins: [],
})
`,
};

const LOGIN = `
const bffUrl = import.meta.env.VITE_BFF_URL ?? location.origin
const bff = (path: string, method = 'GET') =>
  fetch(bffUrl + path, { method, credentials: 'include', headers: { 'X-CSRF': '1' } }).then(answer => answer.json())
const { authenticated, user } = await bff('/session')
const login = \`/login?\${new URLSearchParams({ return_to: location.href })}\`
const button = document.querySelector<HTMLButtonElement>('#counter')!
button.textContent = authenticated ? \`Log out \${user.name}\` : 'Log in'
button.onclick = async () => location.assign(bffUrl + (authenticated ? (await bff('/logout', 'POST')).redirectUrl : login))
if (authenticated) console.log(await bff('/api/orders'))
`.trimStart();

/** One more, for while Vite serves the page: it passes on what's the BFF's, and its hot-reload socket is found when the BFF passes on what's Vite's. */
const SERVER = (bff: string, vite: number) =>
  `  server: { ws: { clientPort: ${vite} }, proxy: { '^/(login|callback|sessions?|logout|api)(?=[/?]|$)': { target: '${bff}' } } },\n`;

export interface FreshApp {
  project: Project;
  /** Lines that differ from what was generated. */
  changedLines: number;
}

export function freshViteApp(bff: string, vite: number): FreshApp {
  const changed = {
    ...GENERATED,
    'src/main.ts': GENERATED['src/main.ts'].replace(/setupCounter\(.*\n$/, LOGIN),
    'vite.config.ts': GENERATED['vite.config.ts'].replace(/(?=\}\)\n$)/, SERVER(bff, vite)),
  };
  const project = emptyProject();
  for (const [file, text] of Object.entries(changed)) project.write(file, text);
  const added = Object.entries(GENERATED).map(([file, text]) => linesNotIn(text, Reflect.get(changed, file)));
  return { project, changedLines: added.reduce((sum, count) => sum + count, 0) };
}

function linesNotIn(before: string, after: string): number {
  const known = new Set(before.split('\n'));
  return after.split('\n').filter(line => !known.has(line)).length;
}
