export const stylesheet = `
:root { color-scheme: light dark; --ink: #1d2522; --soft: #5a6762; --paper: #f3f5f2; --card: #fff; --line: #d5dcd7;
  --accent: #14624a; --accent-ink: #fff; --tint: #e8f2ec; --bad: #a3271c; --bad-tint: #fcecea }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9efeb; --soft: #a5b3ac; --paper: #131816; --card: #1c2320; --line: #3a4641;
    --accent: #6fcfa8; --accent-ink: #08281b; --tint: #20322a; --bad: #ff9d92; --bad-tint: #3a2220 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }
main { width: 100%; max-width: 25rem; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 14px; box-shadow: 0 12px 32px rgb(0 0 0 / .07) }
.server { margin: 0 0 1.25rem; display: flex; align-items: center; gap: .5rem; color: var(--soft); font-size: .8125rem }
.server::before { content: ''; width: .625rem; height: .625rem; border-radius: 50%; background: var(--accent) }
h1 { margin: 0 0 .375rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em }
p { margin: 0 0 1.25rem; color: var(--soft) }
main > :last-child { margin-bottom: 0 }
strong { color: var(--ink) }
.hint, .alert { padding: .75rem 1rem; border-radius: 10px; font-size: .9375rem }
.hint { background: var(--tint); color: var(--ink) }
.alert { background: var(--bad-tint); color: var(--bad) }
code { font: .9375em ui-monospace, 'SF Mono', Menlo, Consolas, monospace }
label { display: block; margin: 0 0 .25rem; font-weight: 600; font-size: .9375rem }
input { width: 100%; margin: 0 0 1rem; padding: .625rem .75rem; font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--soft); border-radius: 8px }
.actions { display: flex; gap: .75rem; margin-top: .5rem }
button { flex: 1; padding: .6875rem 1rem; font: inherit; font-weight: 600; border-radius: 8px; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: inherit }
button.primary { flex: 2; border-color: var(--accent); background: var(--accent); color: var(--accent-ink) }
button:hover { filter: brightness(1.08) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
`;
