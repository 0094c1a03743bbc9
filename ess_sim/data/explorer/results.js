// What has come in so far.
let shown = null; // { state, numbers: of the variants that were asked for }
let at = -1; // number of the date shown; -1: the last
const intervalSaid = (mean, half) => (half === null || half === undefined ? signed(mean) : say("cell", signed(mean), number(half)));
const row = (cells, head) => el("tr", {}, ...cells.map((text, i) => el(head || i === 0 ? "th" : "td", { scope: head ? "col" : i === 0 ? "row" : null, text })));

const headlineOf = (variant, i, k) => {
  const letter = given.letters[i];
  const title = variants[i].title || variants[i].policies.map((policy) => named(leversOf(policy.kind).label)).join(" + ");
  const who = el("p", { class: "who", text: `${say("variant", letter)} · ${title}` });
  if (!variant.n) return el("div", { class: `one v${i}` }, who, el("p", { class: "big", text: "…" }));
  const { mean, half } = variant.gained;
  const gain = mean[k];
  const rounded = Math.round(gain);
  const big = rounded === 0 ? say("same") : say(gain > 0 ? "more" : "fewer", number(Math.abs(gain)));
  const lines = [];
  if (half) {
    lines.push(say("interval", number(half[k]), signed(gain - half[k]), signed(gain + half[k])));
    if (half[k] > 0 && Math.abs(gain) <= half[k]) lines.push(say("includes_0"));
  } else lines.push(say("too_few", given.fewest));
  const points = variant.points.mean[k];
  lines.push(say(Math.abs(points) < 2 ? "points_few" : "points", signed(points, 2)));
  return el("div", { class: `one v${i}`, "data-variant": letter }, who, el("p", { class: "big", text: big }), el("p", { text: lines.join(" · ") }));
};

const drawResults = () => {
  const state = shown && shown.state;
  const levels = state && state.baseline;
  $("date").disabled = !levels;
  $("save").disabled = $("export").disabled = !variants.some((variant) => variant.policies.length);
  if (!levels) {
    const word = variants.some((variant) => variant.policies.length) ? [] : [el("p", { text: say("no_variant") })];
    $("headline").replaceChildren(...word);
    for (const id of ["chart", "table", "zones", "brief"]) $(id).replaceChildren();
    $("date-said").textContent = "";
    $("map-shows").textContent = "";
    colourMap(null, []);
    return;
  }
  const { dates, marks } = levels;
  const k = at < 0 || at >= dates.length ? dates.length - 1 : at;
  $("date").max = dates.length - 1;
  $("date").value = k;
  $("date").setAttribute("aria-valuetext", dateSaid(dates[k]));
  $("date-said").textContent = dateSaid(dates[k]);
  const there = shown.numbers.map((i, j) => ({ i, variant: state.variants[j] })).filter(({ i }) => i < variants.length);
  const level = el("p", { class: "note", text: say("level", dateSaid(dates[k]), number(levels.without_mt[k]), number(levels.share[k], 1)) });
  $("headline").replaceChildren(...there.map(({ i, variant }) => headlineOf(variant, i, k)),
    ...(there.length ? [] : [el("p", { text: say("no_variant") })]), level);
  const full = there.filter(({ variant }) => variant.n);
  const series = full.map(({ i, variant }) => ({ i, letter: given.letters[i], ...variant.gained, futures: variant.futures }));
  if (series.length) drawChart($("chart"), dates, series, k);
  else $("chart").replaceChildren();
  $("table").replaceChildren(...(full.length ? [el("table", {},
    el("thead", {}, row([say("date"), ...full.map(({ i }) => say("variant", given.letters[i]))], true)),
    el("tbody", {}, ...marks.map((mark) => row([dateSaid(dates[mark]),
      ...full.map(({ variant: { gained } }) => intervalSaid(gained.mean[mark], gained.half && gained.half[mark]))]))))] : []));
  $("brief").replaceChildren(...full.map(({ i, variant: { gained, n } }) => el("span", {}, mark(i),
    el("b", { text: `${given.letters[i]} ${intervalSaid(gained.mean[k], gained.half && gained.half[k])}` }), ` (${number(n)}/${number(state.of)})`)));
  const own = full.find(({ i }) => i === selected);
  $("map-shows").textContent = own ? say("map_shows", given.letters[selected]) : "";
  colourMap(own ? own.variant.zones : null, levels.zones);
  drawZones(own && own.variant.zones, levels.zones);
};
const drawZones = (zones, adults) => {
  if (!$("by-zone").open || !zones) { $("zones").replaceChildren(); return; }
  const order = base.zones.map((_, i) => i).sort((a, b) => zones.mean[b] - zones.mean[a]);
  $("zones").replaceChildren(el("table", {},
    el("thead", {}, row([say("commune"), say("adults"), say("gained")], true)),
    el("tbody", {}, ...order.map((i) => row([base.zones[i].name, number(adults[i]), intervalSaid(zones.mean[i], zones.half && zones.half[i])])))));
};
const sayProgress = (state) => {
  const baseline = state.baseline ? state.baseline.n : 0;
  const n = Math.min(baseline, ...(state.variants || []).map((variant) => variant.n));
  $("bar").max = state.of ?? 1;
  $("bar").value = state.of ? n : 0;
  $("count").textContent = state.of ? say("progress", number(n), number(state.of)) : "";
  const said = { preparing: () => say("preparing"), complete: () => say("complete", number(state.of)), failed: () => say("failed", state.why), given_up: () => say("given_up"), running: () => "" };
  const text = said[state.state]();
  if ($("said").textContent !== text) $("said").textContent = text;
};
