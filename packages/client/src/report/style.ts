/** Style of the page. Colours keep a contrast of at least 4.5 to 1 to the card in both schemes. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f4f6fa; --card: #ffffff; --ink: #18202c; --quiet: #566275; --line: #dde3ec; --code: #eef2f8;
  --completed: #1f5fd0; --failed: #b3261e; --running: #1b7a3d; --pending: #7a5c00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d131d; --card: #161e2b; --ink: #e8edf5; --quiet: #9fadc2; --line: #2a3547; --code: #0f1722;
    --completed: #7db0ff; --failed: #ff9a90; --running: #6fd492; --pending: #e2c15c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 72rem; padding: 1.25rem clamp(.75rem, 3vw, 2rem) 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
header .brand { font-size: .875rem; font-weight: 700; letter-spacing: .08em; margin: 0 0 .75rem; }
header .brand span { font-weight: 400; letter-spacing: 0; color: var(--quiet); }
h1 { margin: 0; font-size: clamp(1.5rem, 5vw, 2rem); line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 .75rem; font-size: 1.125rem; line-height: 1.3; }
h3 { margin: 0; font-size: 1rem; }
p { margin: .25rem 0; overflow-wrap: anywhere; text-wrap: pretty; }
.quiet { color: var(--quiet); font-size: .875rem; }
section { margin-top: 1rem; padding: clamp(.875rem, 3vw, 1.5rem); background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
.plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); }
.plots section { margin-top: 0; }
.plots > .wide { grid-column: 1 / -1; }
.plots { margin-top: 1rem; }
.share { display: flex; gap: 2px; height: .75rem; margin: 1rem 0 .5rem; overflow: hidden; border-radius: .375rem; background: var(--line); }
.share i { min-width: 3px; background: currentColor; }
.share .failed { background: repeating-linear-gradient(135deg, currentColor 0 4px, var(--card) 4px 6px); }
.completed { color: var(--completed); } .failed { color: var(--failed); } .running { color: var(--running); } .pending { color: var(--pending); }
.counts, .legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0; padding: 0; list-style: none; }
.counts b { font-size: 1.25rem; }
.icon { fill: currentColor; vertical-align: -1px; }
.icon.limit { color: var(--quiet); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem 1rem; margin: 1rem 0 0; }
dt { color: var(--quiet); font-size: .875rem; }
dd { margin: 0; font-weight: 600; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th, td { padding: .5rem .75rem .5rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--quiet); font-size: .8125rem; font-weight: 600; }
td.number, th.number { text-align: right; white-space: nowrap; }
code, .commands li > code {
  padding: .1em .35em; background: var(--code); border-radius: .3rem; overflow-wrap: anywhere;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
  font: .875em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
details { margin-top: .375rem; font-size: .875rem; }
summary { cursor: pointer; color: var(--quiet); }
summary:focus-visible { outline: 2px solid var(--completed); outline-offset: 2px; }
details ul { max-height: 16rem; overflow: auto; margin: .375rem 0; padding-left: 1.25rem; overflow-wrap: anywhere; }
.commands { margin: 0; padding: 0; list-style: none; }
.commands li { padding: .5rem 0; border-top: 1px solid var(--line); }
.commands li:first-child { border-top: 0; padding-top: 0; }
.commands span { display: block; color: var(--quiet); font-size: .875rem; }
figure { margin: 0; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1rem; margin-bottom: .75rem; }
.legend { font-size: .8125rem; color: var(--quiet); }
.frame { display: grid; grid-template-columns: 3.25rem minmax(0, 1fr); padding: .5rem 1.5rem 0 0; }
.frame > svg { width: 100%; height: var(--height); overflow: visible; border-left: 1px solid var(--line); }
.y, .x { position: relative; font-size: .75rem; color: var(--quiet); white-space: nowrap; }
.y span { position: absolute; right: .5rem; transform: translateY(-50%); }
.x { grid-column: 2; height: 1.25rem; }
.x span { position: absolute; top: .25rem; transform: translateX(-50%); }
.label { grid-column: 2; margin: .125rem 0 .5rem; font-size: .75rem; color: var(--quiet); text-align: right; }
.frame path, .frame rect { vector-effect: non-scaling-stroke; }
.grid path { stroke: var(--line); stroke-width: 1; }
rect.completed { fill: currentColor; }
rect.hollow { fill: var(--card); stroke: currentColor; stroke-width: 1.5; }
.dots { fill: none; stroke: currentColor; stroke-width: 6; stroke-linecap: round; stroke-opacity: .7; }
.dots.failed { stroke-linecap: square; }
.limit { fill: none; stroke: var(--quiet); stroke-width: 1.5; stroke-dasharray: 5 4; }
.spans { fill: none; stroke: currentColor; stroke-width: var(--thick); }
.spans.failed { stroke-dasharray: 5 2; }
.spans.running { stroke-opacity: .75; }
@media (max-width: 30rem) {
  .x span:nth-child(even) { display: none; }
  .frame { grid-template-columns: 2.75rem minmax(0, 1fr); padding-right: 1rem; }
  .stack thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .stack tr { display: block; padding: .5rem 0; border-top: 1px solid var(--line); }
  .stack td { display: flex; gap: .75rem; padding: .125rem 0; border: 0; text-align: left; }
  .stack td::before { content: attr(data-title); flex: 0 0 5rem; color: var(--quiet); font-size: .8125rem; }
  .stack td.number { text-align: left; }
}
@media print { body { background: none; } section { break-inside: avoid; } }
`;
