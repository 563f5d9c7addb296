// Line, bar, candlestick and sankey, drawn from the figure's own table. A drawing takes numbers, which beyond 2^53 are
// rounded there; the table beside it is exact.

import { animates, draw, readHeads, readRows } from "./drawing.js";
import { showMoney } from "./money.js";

const MARKS = ["circle", "rect", "triangle", "diamond", "pin", "arrow"];
const DASHES = ["solid", "dashed", "dotted", "solid", "dashed", "dotted"];

export function showChart(figure) {
  const kind = figure.dataset.chart;
  const describe = { line: describeSeries, bar: describeSeries, candlestick: describeCandles, sankey: describeFlow }[kind];
  const rows = readRows(figure);
  if (!describe || rows.length === 0) return undefined;
  return draw(figure, (palette) => describe(figure, rows, palette));
}

function scale(figure, text) {
  return text === "" ? null : Number(text) / 10 ** Number(figure.dataset.decimals);
}

function describeFrame(figure, palette) {
  const text = { color: palette.soft };
  return {
    color: palette.series,
    animation: animates(),
    // Canvas text: a tooltip made of markup would bring its own styles, which the page's policy forbids.
    tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: palette.card, borderColor: palette.line, textStyle: { color: palette.ink } },
    aria: { enabled: true, decal: { show: figure.dataset.chart === "bar" } },
    legend: { textStyle: text, type: "scroll", top: 0, bottom: "auto" },
    grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    textStyle: { color: palette.ink },
  };
}

function describeAxes(figure, rows, palette) {
  const line = { lineStyle: { color: palette.line } };
  const isTime = "times" in figure.dataset;
  const first = isTime ? { type: "time" } : { type: "category", data: rows.map((row) => row[0]) };
  return {
    xAxis: { ...first, axisLine: line, axisLabel: { color: palette.soft, hideOverlap: true } },
    yAxis: { type: "value", axisLine: line, splitLine: line, axisLabel: { color: palette.soft } },
  };
}

function describeSeries(figure, rows, palette) {
  const heads = readHeads(figure).slice(1);
  const isTime = "times" in figure.dataset;
  const series = heads.map((name, index) => ({
    name,
    type: figure.dataset.chart,
    symbol: MARKS[index % MARKS.length],
    symbolSize: 6,
    lineStyle: { type: DASHES[index % DASHES.length], width: 2 },
    data: rows.map((row) => (isTime ? [Number(row[0]), scale(figure, row[index + 1])] : scale(figure, row[index + 1]))),
    tooltip: { valueFormatter: (value) => showMoney(Math.round(value * 10 ** Number(figure.dataset.decimals)), Number(figure.dataset.decimals)) },
  }));
  return { ...describeFrame(figure, palette), ...describeAxes(figure, rows, palette), series };
}

function describeCandles(figure, rows, palette) {
  const data = rows.map((row) => row.slice(1, 5).map((text) => scale(figure, text)));
  const axes = describeAxes(figure, rows, palette);
  // What rose is hollow and what fell is full, whatever the colours.
  const itemStyle = { color: palette.card, color0: palette.bad, borderColor: palette.mark, borderColor0: palette.bad };
  return {
    ...describeFrame(figure, palette),
    ...axes,
    yAxis: { ...axes.yAxis, scale: true },
    series: [{ type: "candlestick", data, itemStyle }],
  };
}

function describeFlow(figure, rows, palette) {
  const links = rows.map(([source, target, amount]) => ({ source, target, value: scale(figure, amount) }));
  const names = [...new Set(rows.flatMap(([source, target]) => [source, target]))];
  const frame = describeFrame(figure, palette);
  return {
    ...frame,
    tooltip: { ...frame.tooltip, trigger: "item" },
    series: [
      {
        type: "sankey",
        data: names.map((name) => ({ name })),
        links: links.filter(({ source, target, value }) => source !== target && value > 0),
        label: { color: palette.ink },
        lineStyle: { color: "gradient", opacity: 0.35 },
      },
    ],
  };
}
