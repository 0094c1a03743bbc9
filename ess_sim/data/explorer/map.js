// The map: zones that a click places policies on, and what they gain at the end.
let zoneShapes = []; // of each zone: { under, value, unsure, acts, title }
const shapeOf = (zone, point) => {
  if (!zone.rings.length) {
    const [cx, cy] = point(zone.at);
    const most = Math.max(...base.zones.map((other) => other.adults), 1);
    return (attributes) => svg("circle", { cx, cy, r: 3 + 11 * Math.sqrt(zone.adults / most), ...attributes });
  }
  const d = zone.rings.map((ring) => "M" + ring.map((p) => point(p).map((v) => v.toFixed(1)).join(" ")).join("L") + "Z").join("");
  return (attributes) => svg("path", { d, "fill-rule": "evenodd", ...attributes });
};
const hatch = () => svg("defs", {}, svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
  svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, stroke: "currentColor", "stroke-width": 1.1, "stroke-opacity": 0.55 })));
const drawMap = () => {
  zoneShapes = [];
  if (base.zones.length > 3000) {
    $("map").replaceChildren(el("p", { class: "note", text: say("map_many") }));
    return;
  }
  const points = base.zones.flatMap((zone) => (zone.rings.length ? zone.rings.flat() : [zone.at]));
  const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  const west = least(xs), south = least(ys), north = most(ys);
  const shrink = Math.cos(((south + north) / 2) * Math.PI / 180);
  const scale = 760 / Math.max((most(xs) - west) * shrink, north - south, 0.02);
  const pad = 16;
  const point = ([lon, lat]) => [pad + (lon - west) * shrink * scale, pad + (north - lat) * scale];
  const width = 2 * pad + (most(xs) - west) * shrink * scale, height = 2 * pad + (north - south) * scale;
  const picture = svg("svg", { viewBox: `0 0 ${width.toFixed(0)} ${height.toFixed(0)}`, role: "img", "aria-label": say("map_label") }, hatch());
  const layers = ["zone", "value", "unsure", "acts"].map(() => svg("g"));
  base.zones.forEach((zone) => {
    const make = shapeOf(zone, point);
    const title = svg("title", { text: zone.name });
    const under = make({ class: "zone", "data-code": zone.code });
    under.append(title);
    const shapes = { under, title, value: make({ class: "value", "fill-opacity": 0 }), unsure: make({ class: "unsure", visibility: "hidden" }), acts: make({ class: "acts", visibility: "hidden" }) };
    under.addEventListener("click", () => { if (placing) placing.pick(zone.code); });
    under.addEventListener("pointerenter", () => { $("map-said").textContent = title.textContent; });
    [shapes.under, shapes.value, shapes.unsure, shapes.acts].forEach((shape, i) => layers[i].append(shape));
    zoneShapes.push(shapes);
  });
  picture.append(...layers);
  $("map").replaceChildren(picture);
};
const swatch = (...inside) => svg("svg", { viewBox: "0 0 34 16", "aria-hidden": "true" }, ...inside);
const box = (attributes) => svg("rect", { x: 1, y: 1, width: 32, height: 14, ...attributes });
const drawLegend = (top) => {
  const item = (words, ...inside) => el("span", {}, swatch(...inside), words);
  const rate = number(top, top < 10 ? 1 : 0);
  $("legend").replaceChildren(...(top > 0 ? [
    item(`${say("legend_loss")} −${rate}`, box({ class: "value loss", "fill-opacity": 0.9 })),
    item(`${say("legend_gain")} +${rate}`, box({ class: "value gain", "fill-opacity": 0.9 })),
    item(say("legend_hatch"), box({ class: "zone" }), box({ class: "unsure" })),
  ] : []), item(say("legend_here"), box({ class: "zone" }), box({ class: "acts" })));
};
const zonesOf = (value) => { // codes that the policies of a variant name
  if (Array.isArray(value)) return value.flatMap(zonesOf);
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "zone" ? [inner] : key === "zones" && Array.isArray(inner) ? inner : zonesOf(inner));
};
const colourMap = (zones, adults) => {
  // zones: { mean, half } of the selected variant, or null; adults of each zone at the end
  const here = new Set(zonesOf(variants[selected].policies));
  const rates = zones ? zones.mean.map((gain, i) => (adults[i] ? (100 * gain) / adults[i] : 0)) : [];
  const top = rates.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  zoneShapes.forEach((shapes, i) => {
    const zone = base.zones[i];
    shapes.acts.setAttribute("visibility", here.has(zone.code) ? "visible" : "hidden");
    const rate = zones ? rates[i] : 0;
    const unsure = Boolean(zones && zones.half && Math.abs(zones.mean[i]) <= zones.half[i]);
    shapes.value.setAttribute("class", `value ${rate < 0 ? "loss" : "gain"}`);
    shapes.value.setAttribute("fill-opacity", top && rate ? (0.08 + (0.82 * Math.abs(rate)) / top).toFixed(3) : 0);
    shapes.unsure.setAttribute("visibility", unsure ? "visible" : "hidden");
    shapes.title.textContent = zones ? say("zone_said", zone.name, intervalSaid(zones.mean[i], zones.half && zones.half[i])) : zone.name;
  });
  drawLegend(top);
};
const markPlaces = () => { // without what policies give, which is not known yet
  const here = new Set(zonesOf(variants[selected].policies));
  zoneShapes.forEach((shapes, i) => shapes.acts.setAttribute("visibility", here.has(base.zones[i].code) ? "visible" : "hidden"));
};
const sayPlacing = () => {
  const known = placing && $("form").querySelector(`[data-path="${CSS.escape(placing.path)}"]`);
  const policy = known && known.closest(".policy[data-path]").getAttribute("aria-label");
  $("map-places").textContent = known ? say("map_places", `${policy}, ${placing.label}`) : "";
};
