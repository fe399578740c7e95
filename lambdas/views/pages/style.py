"""How the pages look: on a desk, on a phone, in the dark and on paper.

Colours are tokens, and each pair of text and ground has a contrast of at least 4.5. A verdict is
told by its word, its shape and its colour. Nothing is loaded: the fonts are the reader's own.
"""

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f6f5f1; --sheet: #ffffff; --ink: #16222e; --soft: #55616c; --line: #dedbd2;
  --fine: #ece9e1; --link: #17508a; --brand: #14283c; --on-brand: #ffffff;
  --good: #1c6846; --good-ground: #e4f1e9; --wait: #85560a; --wait-ground: #fbf0da;
  --bad: #a1241d; --bad-ground: #fbe8e5;
  --serif: ui-serif, "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", P052,
    Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial,
    sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10161c; --sheet: #18212a; --ink: #e9e7e1; --soft: #a5afb8; --line: #33404c;
    --fine: #25303a; --link: #8fc1f5; --brand: #0b1117; --on-brand: #e9e7e1;
    --good: #7fd3a6; --good-ground: #17332a; --wait: #f0c177; --wait-ground: #3a2d14;
    --bad: #ff9d92; --bad-ground: #43211f;
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 var(--sans); background: var(--ground); color: var(--ink);
  -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
h1, h2, h3, p, ul, dl, dd, table { margin: 0; padding: 0; }
ul { list-style: none; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 0.18em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code, .id { font-family: var(--mono); font-size: 0.85em; color: var(--soft); }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--sheet); padding: 0.5rem 1rem; z-index: 1; }
.masthead, main, .imprint { padding-left: max(1.25rem, calc(50vw - 36rem));
  padding-right: max(1.25rem, calc(50vw - 36rem)); }
.masthead { background: var(--brand); color: var(--on-brand); display: flex; flex-wrap: wrap;
  gap: 0.25rem 1.25rem; align-items: baseline; padding-top: 0.9rem; padding-bottom: 0.9rem; }
.masthead a { color: inherit; }
.brand { font: 600 1.15rem/1.3 var(--serif); letter-spacing: 0.01em; }
.bucket { font-family: var(--mono); font-size: 0.8rem; opacity: 0.85; }
.masthead nav { margin-left: auto; }
main { padding-top: 2.25rem; padding-bottom: 2rem; }
main > section + section { margin-top: 3rem; }
h1 { font: 600 clamp(2.1rem, 1.5rem + 2.6vw, 3.25rem)/1.1 var(--serif);
  letter-spacing: -0.015em; }
h2 { font: 600 1.5rem/1.25 var(--serif); padding-bottom: 0.45rem;
  border-bottom: 1px solid var(--line); margin-bottom: 0.9rem; }
h3 { font: 600 1.05rem/1.35 var(--sans); }
.eyebrow { color: var(--soft); font-size: 0.8rem; letter-spacing: 0.09em;
  text-transform: uppercase; margin-bottom: 0.35rem; }
.note { color: var(--soft); max-width: 46rem; margin-bottom: 1rem; font-size: 0.95rem; }
.lead { font-size: 1.15rem; max-width: 44rem; margin-top: 0.7rem; }

.hero { background: var(--sheet); border: 1px solid var(--line); border-top: 5px solid var(--tone);
  border-radius: 3px; padding: clamp(1.25rem, 4vw, 2.5rem); }
.good { --tone: var(--good); --tone-ground: var(--good-ground); }
.wait { --tone: var(--wait); --tone-ground: var(--wait-ground); }
.bad { --tone: var(--bad); --tone-ground: var(--bad-ground); }
.plain { --tone: var(--soft); --tone-ground: var(--fine); }
.verdict { display: inline-flex; align-items: center; gap: 0.45em; white-space: nowrap;
  color: var(--tone); background: var(--tone-ground); border-radius: 1em; font-weight: 600;
  font-size: 0.85rem; line-height: 1.3; padding: 0.22em 0.75em 0.22em 0.55em; }
.verdict::before { content: ""; width: 0.72em; height: 0.72em; flex: none;
  background: currentColor; border-radius: 50%; }
.verdict.wait::before { background: none; border: 0.17em solid currentColor; }
.verdict.bad::before { border-radius: 0; transform: rotate(45deg) scale(0.86); }
.headline { margin-top: 1.1rem; }
.headline .verdict { font-size: 1.2rem; }
.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1px; background: var(--line);
  border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); margin-top: 1.75rem; }
.figures > div { background: var(--sheet); padding: 0.85rem 1rem 0.85rem 0; }
.figures > div + div { padding-left: 1rem; }
dt { color: var(--soft); font-size: 0.85rem; }
.figures dd { font: 500 1.5rem/1.3 var(--serif); font-variant-numeric: tabular-nums; }
@media (min-width: 64rem) { .figures dd { white-space: nowrap; } }
.of { color: var(--soft); font-size: 1rem; }
.as-of { color: var(--soft); font-size: 0.93rem; margin-top: 0.5rem; }
.files { display: flex; flex-wrap: wrap; gap: 0.5rem 1.6rem; margin-top: 1.4rem; }
.s3 { font-size: 0.72rem; font-weight: 600; letter-spacing: 0.02em; color: var(--soft);
  border: 1px solid var(--line); border-radius: 3px; padding: 0.1em 0.4em; text-decoration: none;
  white-space: nowrap; }
.s3:hover { color: var(--link); border-color: currentColor; }
.masthead .s3 { border-color: currentColor; opacity: 0.85; }

.groups { display: grid; gap: 1.1rem; }
.group { background: var(--sheet); border: 1px solid var(--line); border-radius: 3px;
  border-left: 5px solid var(--tone); padding: 1.1rem 1.35rem 1.25rem; }
.group header { display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; align-items: baseline;
  justify-content: space-between; }
.group header p { color: var(--soft); font-size: 0.9rem; }
.next { background: var(--tone-ground); padding: 0.6rem 0.85rem; border-radius: 3px;
  margin: 0.7rem 0 0.9rem; }
.next strong { color: var(--tone); margin-right: 0.5em; }
.group > .next:last-child { margin-bottom: 0; }
.group > h3 + p { margin-top: 0.25rem; }

table { width: 100%; border-collapse: collapse; font-size: 0.93rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
th { text-align: left; font-weight: 600; font-size: 0.8rem; color: var(--soft);
  border-bottom: 1px solid var(--line); padding: 0.35rem 1rem 0.35rem 0; vertical-align: bottom; }
td { border-bottom: 1px solid var(--fine); padding: 0.55rem 1rem 0.55rem 0; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > td { border-bottom: 0; }
.number { text-align: right; }
td.number, th.number { white-space: nowrap; }
.amounts { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.75rem, 1fr));
  gap: 0.1rem 1rem; }
.amounts > span { white-space: nowrap; }
.periods th, .periods td:first-child, .periods td:nth-child(6) { white-space: nowrap; }
.periods th:last-child { width: 44%; }
.none { min-height: 1.5em; }
.not-added { color: var(--soft); }
.since td:nth-child(2) { white-space: nowrap; }
.since th:first-child { width: 34%; }
.group table { table-layout: fixed; }
.group th:nth-child(1) { width: 30%; } .group th:nth-child(2) { width: 27%; }

.totals { display: grid; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr));
  gap: 1px; background: var(--sheet); border: 1px solid var(--line); border-radius: 3px;
  overflow: hidden; }
.totals > div { padding: 0.9rem 1.1rem; box-shadow: 0 0 0 1px var(--line); }
.totals dd { font: 500 1.35rem/1.35 var(--serif); font-variant-numeric: tabular-nums; }
.totals .since { font: 0.85rem/1.5 var(--sans); color: var(--soft); }

.filter { display: flex; flex-wrap: wrap; gap: 0.6rem 1rem; align-items: end;
  margin-bottom: 0.9rem; }
.filter span { display: block; color: var(--soft); font-size: 0.85rem; }
.filter input, .filter select { font: inherit; color: inherit; background: var(--sheet);
  border: 1px solid var(--soft); border-radius: 3px; padding: 0.42rem 0.6rem; min-height: 2.6rem; }
.filter label:first-child { flex: 1 1 16rem; max-width: 26rem; }
.filter input { width: 100%; }
.filter p { color: var(--soft); padding-bottom: 0.55rem; }
.payers { border: 1px solid var(--line); border-radius: 3px; background: var(--sheet); }
.payer + .payer { border-top: 1px solid var(--line); }
summary { cursor: pointer; }
.payer > summary { display: grid; align-items: center; gap: 0.3rem 1.25rem; list-style: none;
  grid-template-columns: minmax(0, 1fr) 9rem 10rem minmax(9rem, auto) 1rem;
  padding: 0.8rem 1.1rem; }
.payer > summary::-webkit-details-marker { display: none; }
.payer > summary::after { content: ""; width: 0.5rem; height: 0.5rem; justify-self: end;
  border: solid var(--soft); border-width: 0 2px 2px 0; transform: rotate(45deg); }
.payer[open] > summary::after { transform: rotate(-135deg); }
.payer > summary:hover { background: var(--fine); }
.payer[open] > summary { background: var(--fine); }
.name { display: block; font-weight: 600; }
.payer:not([open]) .name { display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 2; overflow: hidden; }
.counts { font-size: 0.93rem; }
.counts span { display: block; color: var(--soft); font-size: 0.85rem; }
.money { text-align: right; }
.money > span { display: block; white-space: nowrap; }
.inside { padding: 0.9rem 1.1rem 1.1rem; }
.about { display: grid; grid-template-columns: fit-content(15rem) minmax(0, 1fr);
  gap: 0.15rem 1.5rem; font-size: 0.93rem; margin-top: 0.4rem; }
.findings { display: grid; gap: 0.35rem; margin: 0.8rem 0; font-size: 0.93rem; }
.findings li { border-left: 3px solid var(--line); padding-left: 0.75rem; }
.findings .blocking { border-color: var(--bad); }
.findings .warning { border-color: var(--wait); }
.findings em { color: var(--soft); font-style: normal; }
.invoices { margin-top: 0.8rem; table-layout: fixed; }
.invoices th:nth-child(1) { width: 23%; } .invoices th:nth-child(4) { width: 19%; }
.invoices th:nth-child(5) { width: 28%; }
.invoices td:nth-child(2), .invoices td:nth-child(3) { white-space: nowrap; }
.invoices li + li { margin-top: 0.3rem; }
.kind { display: block; color: var(--soft); font-size: 0.85rem; }
.outstanding strong { color: var(--bad); font-weight: 600; }
.folded { background: var(--sheet); border: 1px solid var(--line); border-radius: 3px;
  padding: 0.75rem 1.1rem; }
.folded + .folded, table + .folded { margin-top: 0.9rem; }
.folded > summary { font-weight: 600; }
.folded[open] > summary { margin-bottom: 0.8rem; }
.folded .group { border-width: 0 0 0 5px; padding: 0.2rem 0 0.2rem 1rem; }
.group .folded { border: 0; padding: 0.6rem 0 0; background: none; }
.imprint { color: var(--soft); font-size: 0.9rem; border-top: 1px solid var(--line);
  padding-top: 1.25rem; padding-bottom: 3rem; display: grid; gap: 0.4rem; }
.imprint li { margin-top: 0.3rem; }

@media (max-width: 46rem) {
  main { padding-top: 1.25rem; }
  .masthead nav { margin-left: 0; width: 100%; }
  .payer > summary { grid-template-columns: minmax(0, 1fr) auto 1rem; align-items: start; }
  .payer > summary::after { grid-column: 3; grid-row: 1; margin-top: 0.45rem; }
  .who { grid-column: 1 / 3; }
  .about { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .about dd { margin-bottom: 0.4rem; }
  .counts { grid-column: 1; grid-row: 3; }
  .money { grid-column: 2 / 4; grid-row: 2 / span 2; }
  table, tbody, tr, td { display: block; width: 100%; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { border-bottom: 1px solid var(--line); padding: 0.6rem 0; }
  tbody tr:last-child { border-bottom: 0; }
  td, td.number, .periods td:first-child, .periods td:nth-child(6), .since td:nth-child(2),
  .invoices td:nth-child(2), .invoices td:nth-child(3) { border: 0;
    padding: 0.12rem 0 0.12rem 7.75rem; position: relative; text-align: left; white-space: normal; }
  td::before { content: attr(data-label); position: absolute; left: 0; width: 7.25rem;
    color: var(--soft); font-size: 0.85rem; }
  td:empty, .none { display: none; }
  .group { padding: 1rem; }
  .figures { grid-template-columns: 1fr 1fr; }
  .figures > div + div { padding-left: 0.9rem; }
  .figures > div:nth-child(odd) { padding-left: 0; }
  .figures dd { font-size: 1.15rem; }
  .totals { grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); }
  .totals > div { padding: 0.7rem 0.85rem; }
  .totals dd { font-size: 1.15rem; }
  .amounts { grid-template-columns: 1fr; }
}

@media print {
  :root { --ground: #fff; --sheet: #fff; --ink: #000; --soft: #444; --line: #999; --fine: #ddd;
    --link: #000; --brand: #fff; --on-brand: #000; --good: #0d5233; --wait: #6b4300;
    --bad: #8c1710; }
  @page { margin: 15mm 14mm; }
  html { font-size: 8.5pt; }
  .masthead, main, .imprint { padding-left: 0; padding-right: 0; }
  .masthead { border-bottom: 1px solid #000; }
  .skip, .filter, .s3, .files, nav { display: none; }
  main > section + section { margin-top: 1.6rem; }
  h2, h3, .next, summary { break-after: avoid; }
  .hero, tr, .group header, .payer > summary, .totals > div { break-inside: avoid; }
  .payer > summary { grid-template-columns: minmax(0, 1fr) 9rem 10rem minmax(9rem, auto); }
  .payer:not([open]) .name { -webkit-line-clamp: none; }
  .verdict::before { print-color-adjust: exact; }
  .payer > summary::after { display: none; }
  .payer[hidden] { display: block; }
  .folded::details-content { content-visibility: visible; height: auto; }
  .folded > summary { list-style: none; }
  a { text-decoration: none; }
}
"""
