#pragma once

#include <string_view>

namespace stereo {

/// The style sheet of the report page: light, dark, phone and paper.
inline constexpr std::string_view report_style = R"css(
:root {
  color-scheme: light dark;
  --page: #fbfaf7; --panel: #ffffff; --ink: #1c2126; --soft: #5c646d; --line: #dedbd3;
  --v0: #1b6d94; --v1: #b4511f; --good: #2b7446; --doubt: #946200; --bad: #b3261e; --bar: #b9c4cb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --panel: #1b1f23; --ink: #e4e6e8; --soft: #9aa3ab; --line: #343a40;
    --v0: #62b6de; --v1: #f0935c; --good: #74c48f; --doubt: #e0b252; --bad: #ff8b80; --bar: #46525b;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
}
main { max-width: 1200px; margin: 0 auto; padding: 2.2rem 1.2rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .3rem; font-weight: 650; text-wrap: balance; }
h2 { font-size: 1.2rem; margin: 3.2rem 0 .4rem; padding-top: .9rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.8rem 0 .4rem; }
p { max-width: 48rem; margin: .5rem 0 .9rem; }
.about, figcaption, .note { color: var(--soft); font-size: .875rem; }
.about { margin-top: 0; }
.verdict {
  background: var(--panel); border: 1px solid var(--line); border-left: 6px solid var(--tone);
  border-radius: 6px; padding: 1.1rem 1.3rem; margin: 1.4rem 0;
}
.verdict.good { --tone: var(--good); color: inherit; }
.verdict.doubt { --tone: var(--doubt); color: inherit; }
.verdict.bad { --tone: var(--bad); color: inherit; font-weight: inherit; }
.verdict h2 { border: 0; margin: 0 0 .3rem; padding: 0; font-size: 1.3rem; color: var(--tone); }
.verdict p { max-width: 60rem; }
.verdict b, .card b { white-space: nowrap; }
.verdict p:last-child { margin-bottom: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: .8rem; margin: 1.2rem 0; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .8rem .95rem; }
.card b { display: block; font-size: 1.5rem; font-weight: 620; line-height: 1.25; font-variant-numeric: tabular-nums; }
.card b small { font-size: .9rem; font-weight: 400; color: var(--soft); }
.card span { color: var(--soft); font-size: .82rem; line-height: 1.35; display: block; }
.figures > div { min-width: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 430px), 1fr)); gap: 1.2rem; align-items: start; }
figure { margin: 0; min-width: 0; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .8rem; }
figcaption { margin-top: .5rem; line-height: 1.45; }
figcaption b { color: var(--ink); }
svg { display: block; width: 100%; height: auto; }
svg text { font-family: inherit; fill: var(--ink); }
.scroll { overflow-x: auto; margin: .8rem 0 1.2rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; font-weight: 400; white-space: normal; min-width: 11rem; }
thead th { color: var(--soft); font-weight: 500; vertical-align: bottom; }
thead th:first-child { font-weight: 500; }
tr.group th { padding-top: 1rem; font-weight: 620; }
td:last-child, th:last-child { padding-right: .2rem; }
details { margin: .6rem 0; }
summary { cursor: pointer; color: var(--soft); }
pre { overflow-x: auto; font-size: .8rem; line-height: 1.4; }
.good { color: var(--good); }
.bad { color: var(--bad); font-weight: 650; }
.warning { color: var(--bad); border-left: 4px solid var(--bad); padding-left: .8rem; }
b.v0, span.v0 { color: var(--v0); } b.v1, span.v1 { color: var(--v1); }
span.along { color: var(--v0); } span.across { color: var(--v1); }

.frame { fill: none; stroke: var(--soft); stroke-width: 1; vector-effect: non-scaling-stroke; }
.grid { stroke: var(--line); stroke-width: 1; }
.tick { font-size: 11.5px; fill: var(--soft); }
svg text.tick { fill: var(--soft); }
.label { font-size: 12.5px; }
.middle { text-anchor: middle; } .end { text-anchor: end; }
.dot { fill-opacity: .6; stroke: none; }
.dot.v0, .dot.along { fill: var(--v0); } .dot.v1 { fill: var(--v1); }
.dot.across { fill: none; stroke: var(--v1); stroke-width: 1; }
.limit { fill: none; stroke: var(--ink); stroke-width: 1.4; stroke-dasharray: 5 3; }
.limit.along { stroke: var(--v0); stroke-dasharray: none; }
.limit.across { stroke: var(--v1); }
.vector { stroke-linecap: round; } .vector.v0 { stroke: var(--v0); } .vector.v1 { stroke: var(--v1); }
.bar { fill: var(--bar); } .curve { fill: none; stroke: var(--v1); stroke-width: 2; }
.mark { stroke: var(--v1); stroke-width: 1.6; }

.named { stroke: #29b6f6; } .reference { stroke: #ffd54f; stroke-dasharray: 6 4; } .unnamed { stroke: #ff5252; }
svg text.marker { fill: #eef6fa; stroke: #0008; stroke-width: 3; paint-order: stroke; }
.e0 { stroke: #ff8a65; } .e1 { stroke: #aed581; } .e2 { stroke: #f06292; }
.e3 { stroke: #ffd54f; } .e4 { stroke: #ba9cff; } .e5 { stroke: #4dd0b1; }
.swatch { display: inline-block; width: .75em; height: .75em; border-radius: 50%; border: 2px solid; margin: 0 .2em 0 .5em; }
.swatch.named { border-color: #2a9fd6; } .swatch.reference { border-color: #d9a400; border-style: dashed; } .swatch.unnamed { border-color: #ff5252; }

.detector { fill: none; stroke-width: 1.8; } .detector.v0 { stroke: var(--v0); } .detector.v1 { stroke: var(--v1); }
.ray { stroke-width: 1.4; } .ray.v0 { stroke: var(--v0); } .ray.v1 { stroke: var(--v1); }
.central { stroke-width: 1; stroke-dasharray: 1.5 4; stroke-linecap: round; }
.central.v0 { stroke: var(--v0); } .central.v1 { stroke: var(--v1); }
.shadow { fill: none; stroke-width: 1.5; } .shadow.v0 { stroke: var(--v0); } .shadow.v1 { stroke: var(--v1); }
.source.v0 { fill: var(--v0); } .source.v1 { fill: var(--v1); }
.name { font-size: 13px; } svg text.name.v0 { fill: var(--v0); } svg text.name.v1 { fill: var(--v1); }
.bead { fill: var(--soft); } .target { fill: var(--bad); } .box { stroke: var(--soft); stroke-opacity: .5; stroke-width: .8; }
.axis { stroke: var(--ink); stroke-width: 1.3; } .axis-name { font-size: 12px; font-style: italic; }
.baseline { stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 4 3; } .scale-bar { stroke: var(--ink); stroke-width: 2.5; }

@media (max-width: 560px) {
  main { padding: 1.3rem .8rem 2.5rem; }
  h1 { font-size: 1.4rem; }
  figure { padding: .5rem; }
  .cards { grid-template-columns: repeat(2, 1fr); }
  .card b { font-size: 1.25rem; }
  th:first-child { min-width: 8.5rem; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --panel: #fff; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; }
  figure, .card, .verdict, tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .figures { grid-template-columns: 1fr 1fr; }
  .scroll { overflow: visible; }
}
)css";

}  // namespace stereo
