/** Style of the login pages. Colours keep a contrast of at least 4.5 to 1 in both schemes. */
export const STYLE = `
:root {
  --paper: #f4f6fa; --card: #ffffff; --ink: #18202c; --quiet: #566275; --line: #8794a8; --edge: #dde3ec;
  --code: #eef2f8; --strong: #1f5fd0; --on-strong: #ffffff; --problem: #b3261e; --problem-paper: #fdeeec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d131d; --card: #161e2b; --ink: #e8edf5; --quiet: #9fadc2; --line: #6c7b92; --edge: #2a3547;
    --code: #0f1722; --strong: #7db0ff; --on-strong: #0d131d; --problem: #ff9a90; --problem-paper: #2f1a1c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; padding: 1.5rem 1rem 15vh; display: flex; flex-direction: column; align-items: center;
  justify-content: center; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
header, main { width: 100%; max-width: 26rem; }
header { padding: 0 .25rem .75rem; font-size: .875rem; font-weight: 700; letter-spacing: .08em; }
header span { font-weight: 400; letter-spacing: 0; color: var(--quiet); }
main {
  padding: clamp(1.25rem, 5vw, 2.25rem); background: var(--card); border: 1px solid var(--edge);
  border-top: 4px solid var(--strong); border-radius: .75rem; box-shadow: 0 1px 2px #0000000d, 0 12px 32px #0000000d;
}
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); font-size: .875rem; }
.problem {
  padding: .625rem .875rem; border-left: 3px solid var(--problem); border-radius: .25rem;
  background: var(--problem-paper); color: var(--problem);
}
.code {
  margin: 1rem 0; padding: .75rem; text-align: center; background: var(--code); border-radius: .5rem;
  font: 700 1.75rem/1.2 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; letter-spacing: .12em;
}
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input[type=text], input[type=password] {
  width: 100%; padding: .625rem .75rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); color: var(--ink); font: inherit;
}
button {
  margin: 1.25rem .5rem 0 0; padding: .625rem 1.25rem; border: 1px solid var(--strong); border-radius: .5rem;
  background: var(--strong); color: var(--on-strong); font: inherit; font-weight: 600; cursor: pointer;
}
button.second { background: none; color: var(--strong); }
:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
`;
