// How the documentation page looks: light and dark by the reader's setting, and on paper.

export const docStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d5dae0; --paper: #fff; --panel: #f5f7f9; --link: #0a58ca; --act: #b3261e; --ask: #8a5a00; --calm: #1a7f4b; --code: #eef1f4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #9aa5b1; --line: #343b44; --paper: #14181d; --panel: #1c2228; --link: #78b0ff; --act: #ff8a80; --ask: #ffc766; --calm: #6fd6a2; --code: #242b33; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; margin: 0 0 .25rem; }
h2 { font-size: 1.35rem; margin: 3rem 0 .75rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
h3 { font-size: 1.15rem; margin: 0; }
h4 { font-size: .8rem; letter-spacing: .05em; text-transform: uppercase; color: var(--soft); margin: 1.4rem 0 .4rem; }
p { margin: .4rem 0; }
a { color: var(--link); }
code, pre { font: .875em/1.5 ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace; }
code { background: var(--code); padding: .1em .3em; border-radius: 4px; overflow-wrap: anywhere; }
pre { background: var(--code); padding: .75rem 1rem; border-radius: 8px; overflow-x: auto; margin: .4rem 0; }
pre code { background: none; padding: 0; overflow-wrap: normal; }
.soft { color: var(--soft); }
.policy { background: var(--panel); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem 1.5rem; margin: 1.25rem 0; }
.policy > header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: baseline; }
.mode { white-space: nowrap; font-size: .75rem; font-weight: 600; border: 1px solid currentColor; border-radius: 999px; padding: .05rem .6rem; }
.mode.enforce { color: var(--act); } .mode.approve { color: var(--ask); } .mode.shadow { color: var(--calm); }
.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; margin: .5rem 0 0; padding: 0; list-style: none; font-size: .9rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
.wide { overflow-x: auto; }
.states { display: block; max-width: 100%; height: auto; min-width: 34rem; margin: .25rem 0; }
.states[aria-hidden] { position: absolute; min-width: 0; margin: 0; }
.states text { fill: var(--ink); text-anchor: middle; font: 12px system-ui, sans-serif; }
.states .label { fill: var(--soft); font-size: 11.5px; } .states .end { text-anchor: end; }
.states .name { font-weight: 600; }
.states .state { fill: var(--paper); stroke: var(--soft); stroke-width: 1.3; } .states .active { stroke: var(--act); } .states .pending { stroke: var(--ask); stroke-dasharray: 5 3; }
.states .arrow { fill: none; stroke: var(--soft); stroke-width: 1.3; } .states .tip { fill: var(--soft); }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --panel: #fff; --link: #000; --act: #000; --ask: #000; --calm: #000; --code: #f3f3f3; } body { font-size: 10.5pt; } main { max-width: none; padding: 0; } .policy { break-inside: avoid-page; padding: .5rem 0; border-width: 1px 0 0; border-radius: 0; } pre { white-space: pre-wrap; } .states { min-width: 0; } nav { break-after: page; } a { text-decoration: none; } }
`;
