/** Style of all pages. Colours keep a contrast of at least 4.5 to 1 in both schemes. */
export const STYLE = `
:root {
  --paper: #f4f6fa; --card: #ffffff; --ink: #18202c; --quiet: #566275; --line: #dde3ec;
  --code: #eef2f8; --waiting: #1f5fd0; --over: #566275; --problem: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d131d; --card: #161e2b; --ink: #e8edf5; --quiet: #9fadc2; --line: #2a3547;
    --code: #0f1722; --waiting: #7db0ff; --over: #9fadc2; --problem: #ff9a90;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; padding: 1.5rem 1rem 15vh; display: flex; flex-direction: column; align-items: center;
  justify-content: center; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
header, main { width: 100%; max-width: 38rem; }
header { padding: 0 .25rem .75rem; font-size: .875rem; font-weight: 700; letter-spacing: .08em; }
header span { font-weight: 400; letter-spacing: 0; color: var(--quiet); }
main {
  --mood: var(--over); padding: clamp(1.25rem, 5vw, 2.25rem); background: var(--card); border: 1px solid var(--line);
  border-top: 4px solid var(--mood); border-radius: .75rem; box-shadow: 0 1px 2px #0000000d, 0 12px 32px #0000000d;
}
main.waiting { --mood: var(--waiting); }
main.problem { --mood: var(--problem); }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
h2 { margin: 1.75rem 0 .5rem; font-size: .875rem; color: var(--quiet); font-weight: 600; }
p { margin: .5rem 0; overflow-wrap: anywhere; text-wrap: pretty; }
.reason { margin: .75rem 0 1rem; padding-left: .875rem; border-left: 3px solid var(--mood); }
.quiet { color: var(--quiet); font-size: .875rem; }
.time { font-variant-numeric: tabular-nums; }
ul.commands { margin: 0; padding: 0; list-style: none; }
.commands li { padding: .5rem 0; border-top: 1px solid var(--line); }
.commands li span { display: block; color: var(--quiet); font-size: .875rem; }
code {
  padding: .15em .4em; background: var(--code); border-radius: .3rem; overflow-wrap: anywhere;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
  font: .9em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
.bar { height: 4px; margin: 1.25rem 0 .75rem; overflow: hidden; background: var(--line); border-radius: 2px; }
.bar i { display: block; width: 35%; height: 100%; background: var(--mood); border-radius: 2px; animation: pass 1.8s ease-in-out infinite; }
@keyframes pass { from { transform: translateX(-100%); } to { transform: translateX(290%); } }
@media (prefers-reduced-motion: reduce) { .bar i { width: 100%; opacity: .6; animation: none; } }
`;
