/** Light and dark, for telephones and for large print. The policy names it by its hash. */
export const STYLESHEET = `
:root { color-scheme: light dark; --page: #eef1f6; --card: #fff; --text: #171b26; --quiet: #566074; --edge: #d3d9e4;
  --field: #78829a; --brand: #3346c8; --on-brand: #fff; --wash: #eff1fd; --warn: #9c1c2b; --warn-wash: #fdeced }
@media (prefers-color-scheme: dark) { :root { --page: #10131b; --card: #191e2a; --text: #e8ebf4; --quiet: #a3adc2;
  --edge: #353d50; --field: #8791a8; --brand: #a9b6ff; --on-brand: #131a4a; --wash: #232a41; --warn: #ffa3ab; --warn-wash: #3c2027 } }
*, ::before { box-sizing: border-box }
html { font: 100%/1.55 system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; background: var(--page); color: var(--text) }
body { display: flex; min-height: 100vh; margin: 0; padding: 1.25rem }
main { width: min(27rem, 100%); margin: auto; padding: 2.25rem 2rem 2rem; background: var(--card);
  border: 1px solid var(--edge); border-top: 4px solid var(--brand); border-radius: 12px; box-shadow: 0 16px 40px rgb(18 25 60 / .09) }
h1 { margin: 0 0 .5rem; font-size: 1.625rem; line-height: 1.2; letter-spacing: -.015em }
p { margin: 0 0 1.25rem; color: var(--quiet); overflow-wrap: anywhere }
h1 + [role=alert] { margin-top: 1rem }
main > :last-child { margin-bottom: 0 }
strong { color: var(--text); unicode-bidi: isolate }
[role=alert], .note { padding: .75rem 1rem; border-radius: 8px; border-inline-start: 4px solid }
[role=alert] { color: var(--warn); background: var(--warn-wash) }
.note { color: var(--text); background: var(--wash); border-color: var(--brand) }
ul { margin: 0 0 1.5rem; padding: 0; list-style: none; border: 1px solid var(--edge); border-radius: 10px }
li { padding: .75rem 1rem; overflow-wrap: anywhere }
li + li { border-top: 1px solid var(--edge) }
li code { display: block; color: var(--quiet) }
code, pre { font: .875rem/1.5 ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace }
pre { max-height: 16rem; margin: .5rem 0 0; overflow: auto; white-space: pre-wrap }
label { display: block; margin-bottom: .375rem; font-weight: 600 }
input { display: block; width: 100%; margin-bottom: 1.125rem; padding: .6875rem .8125rem; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--field); border-radius: 8px }
form { display: flex; flex-wrap: wrap; gap: .75rem }
.fields { flex: 1 0 100% }
button { flex: 1 1 8rem; min-height: 2.875rem; padding: .5rem 1rem; font: inherit; font-weight: 600; color: inherit;
  background: transparent; border: 1px solid var(--field); border-radius: 8px; cursor: pointer }
button.main { flex-grow: 2; color: var(--on-brand); background: var(--brand); border-color: var(--brand) }
button.link { flex-basis: 100%; color: var(--brand); border-color: transparent; text-decoration: underline }
button:hover { filter: brightness(1.1) }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px }
`;
