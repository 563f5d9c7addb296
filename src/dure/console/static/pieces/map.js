// Routes on a map of the world, drawn from the figure's table of legs. The coastlines come with the build; no tile of a
// map is asked for anywhere. Where a leg is under way, a mark stands where it is.

import { animates, draw } from "./drawing.js";

const LINES = {
  done: { colour: ({ mark }) => mark, type: "solid" },
  current: { colour: ({ series }) => series[0], type: "solid" },
  late: { colour: ({ bad }) => bad, type: "solid" },
  stopped: { colour: ({ bad }) => bad, type: "dotted" },
  waiting: { colour: ({ soft }) => soft, type: "dashed" },
};
const STEPS = 48;
const ZOOM_MAX = 12;
// Degrees that the whole map shows.
const WORLD_WIDE = 360;
const WORLD_HIGH = 145;

export async function showMap(figure) {
  const legs = readLegs(figure);
  if (legs.length === 0) return undefined;
  const world = await (await fetch(figure.dataset.world)).json();
  let isKnown = false;
  return draw(figure, (palette, library) => {
    if (!isKnown) library.registerMap("world", world);
    isKnown = true;
    return describe(legs, palette);
  });
}

function readLegs(figure) {
  return [...figure.querySelectorAll("tbody tr[data-state]")].map(readLeg).filter((leg) => leg.source && leg.target);
}

function readLeg(row) {
  const [source, target] = [row.cells[0], row.cells[1]].map(readPlace);
  const share = Math.min(100, Math.max(0, Number(row.dataset.share) || 0)) / 100;
  const via = readVia(row.dataset.via ?? "");
  return { source, target, via, share, state: row.dataset.state in LINES ? row.dataset.state : "waiting", note: row.cells[3].textContent.trim() };
}

// Places on the way, each "north,east" in degrees; none where the line takes the shortest way.
function readVia(text) {
  const pairs = text.split(" ").filter(Boolean).map((pair) => pair.split(",").map(Number));
  return pairs.filter(([north, east]) => Math.abs(north) <= 90 && Math.abs(east) <= 180).map(([north, east]) => [east, north]);
}

function readPlace(cell) {
  if (cell.dataset.latitude === "" || cell.dataset.longitude === "") return null;
  const [latitude, longitude] = [Number(cell.dataset.latitude), Number(cell.dataset.longitude)];
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
  return { name: cell.textContent.trim(), at: [longitude, latitude] };
}

// Points of the great circle between two places, so that a line over an ocean runs where a ship or a plane would.
export function followCircle(from, to) {
  const [a, b] = [toVector(from), toVector(to)];
  const angle = Math.acos(Math.min(1, Math.max(-1, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])));
  if (angle < 1e-9) return [from, to];
  const points = [];
  for (let step = 0; step <= STEPS; step += 1) {
    const share = step / STEPS;
    const [left, right] = [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
    points.push(toDegrees(a.map((part, index) => left * part + right * b[index])));
  }
  return points;
}

function toVector([longitude, latitude]) {
  const [east, north] = [(longitude * Math.PI) / 180, (latitude * Math.PI) / 180];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}

function toDegrees([x, y, z]) {
  return [(Math.atan2(y, x) * 180) / Math.PI, (Math.asin(z) * 180) / Math.PI];
}

// A line over the date line is cut in two there, or it would cross the whole map.
function cut(points) {
  const parts = [[points[0]]];
  for (let index = 1; index < points.length; index += 1) {
    if (Math.abs(points[index][0] - points[index - 1][0]) > 180) parts.push([]);
    parts.at(-1).push(points[index]);
  }
  return parts.filter((part) => part.length > 1);
}

function describe(legs, palette) {
  const paths = legs.map((leg) => ({ leg, points: leg.via.length > 1 ? leg.via : followCircle(leg.source.at, leg.target.at) }));
  const places = new Map(legs.flatMap(({ source, target }) => [source, target]).map((place) => [place.name, place]));
  const moving = paths.filter(({ leg }) => leg.state === "current");
  return {
    animation: animates(),
    geo: {
      map: "world",
      roam: true,
      silent: true,
      ...findFrame([...places.values()].map((place) => place.at)),
      itemStyle: { areaColor: palette.line, borderColor: palette.card },
    },
    series: [
      { type: "lines", coordinateSystem: "geo", polyline: true, data: paths.flatMap((path) => describeLine(path, palette)) },
      {
        type: "scatter",
        coordinateSystem: "geo",
        symbolSize: 7,
        itemStyle: { color: palette.ink },
        label: { show: true, position: "right", color: palette.ink, formatter: "{b}" },
        labelLayout: { hideOverlap: true },
        data: [...places.values()].map((place) => ({ name: place.name, value: place.at })),
      },
      {
        type: animates() ? "effectScatter" : "scatter",
        coordinateSystem: "geo",
        symbolSize: 12,
        itemStyle: { color: palette.series[0], borderColor: palette.card, borderWidth: 2 },
        data: moving.map(({ leg, points }) => ({ name: leg.note, value: points[Math.round(leg.share * (points.length - 1))] })),
      },
    ],
  };
}

function describeLine({ leg, points }, palette) {
  const line = LINES[leg.state];
  const lineStyle = { color: line.colour(palette), type: line.type, width: leg.state === "waiting" ? 1 : 2, opacity: 0.9 };
  return cut(points).map((coords) => ({ coords, lineStyle }));
}

// What the map shows at first: all places with some room around them.
function findFrame(points) {
  const [east, north] = [points.map(([longitude]) => longitude), points.map(([, latitude]) => latitude)];
  const [left, right] = [Math.min(...east), Math.max(...east)];
  const [bottom, top] = [Math.min(...north), Math.max(...north)];
  const zoom = Math.min(ZOOM_MAX, WORLD_WIDE / Math.max(8, (right - left) * 1.4), WORLD_HIGH / Math.max(8, (top - bottom) * 1.6));
  return { center: [(left + right) / 2, (bottom + top) / 2], zoom: Math.max(1, zoom) };
}
