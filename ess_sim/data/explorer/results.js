// What has come in so far.
let shown = null; // { state, asking: the variants that were asked for }
let progress = null; // the last state, whether or not there is something to show in it
let pair = null; // the two variants that are compared: [of, with]
const placesShown = () => shown.asking.map((variant) => variants.indexOf(variant)); // −1 of one that was removed
let at = -1; // number of the date shown; -1: the last
const intervalSaid = (mean, half) => (half === null || half === undefined ? signed(mean) : say("cell", signed(mean), number(half)));
const row = (cells, head) => el("tr", {}, ...cells.map((text, i) => el(head || i === 0 ? "th" : "td", { scope: head ? "col" : i === 0 ? "row" : null, text })));

const headlineOf = (variant, i, k) => {
  const letter = given.letters[i];
  const who = el("p", { class: "who", text: `${say("variant", letter)} · ${titleOf(i)}` });
  if (!variant.n) return el("div", { class: `one v${i}` }, who, el("p", { class: "big", text: "…" }));
  return el("div", { class: `one v${i}`, "data-variant": letter }, who, el("p", { class: "big", text: gainSaid(variant.gained.mean[k]) }),
    el("p", { text: lineOf(variant, k) }), ...remarksOn(i));
};
const remarksOn = (i) => { // that nothing sets it apart, and what cannot be in any run
  const places = placesShown();
  const own = places.indexOf(i);
  const { variants: alone, pairs } = shown.state;
  const same = [...(alone[own].same ? [[say("same_baseline"), alone[own].n]] : []), ...pairs
    .filter((both) => both.same && [both.from, both.to].includes(own))
    .map((both) => [places[both.from === own ? both.to : both.from], both.n])
    .filter(([other]) => other >= 0).map(([other, n]) => [say("same_variant", given.letters[other]), n])];
  const said = same.map(([words]) => words).join(say("and"));
  const lines = shown.limits[own].map(({ where, policies, ...words }) =>
    (where ? whereSaid(where, policies) + say("colon") : "") + (where ? named(words) : raised(named(words))));
  return [...(same.length ? [el("p", { class: "remark", text: say("same_as", said, number(Math.min(...same.map(([, n]) => n)))) })] : []),
    ...(lines.length ? [el("ul", { class: "remark" }, ...lines.map((text) => el("li", { text })))] : [])];
};
const titleOf = (i) => variants[i].title || variants[i].policies.map((policy) => named(leversOf(policy.kind).label)).join(" + ");
const gainSaid = (gain) => (Math.round(gain) === 0 ? say("same") : say(gain > 0 ? "more" : "fewer", number(Math.abs(gain))));
const lineOf = (difference, k) => { // its interval, and the same in points
  const { mean, half } = difference.gained;
  const gain = mean[k];
  const lines = [];
  if (half) {
    lines.push(say("interval", number(half[k]), signed(gain - half[k]), signed(gain + half[k])));
    if (half[k] > 0 && Math.abs(gain) <= half[k]) lines.push(say("includes_0"));
  } else lines.push(say("too_few", given.fewest));
  const points = difference.points.mean[k];
  lines.push(say(Math.abs(points) < 2 ? "points_few" : "points", signed(points, 2)));
  return lines.join(" · ");
};
const turned = (difference) => { // the same seen from the other side
  const minus = (part) => ({ ...part, mean: part.mean.map((x) => -x) });
  return { ...difference, gained: minus(difference.gained), points: minus(difference.points), zones: minus(difference.zones) };
};
const pairShown = () => { // { of, with, difference } of the two variants chosen, or null
  const places = placesShown();
  if (!pair || !pair.every((variant) => variants.includes(variant)) || pair[0] === pair[1]) {
    const two = places.filter((i) => i >= 0).slice(0, 2);
    pair = two.length < 2 ? null : [variants[two[1]], variants[two[0]]];
  }
  if (!pair) return null;
  const [of, other] = pair.map((variant) => variants.indexOf(variant));
  for (const found of shown.state.pairs) {
    if (!found.n) continue;
    if (places[found.from] === other && places[found.to] === of) return { of, with: other, difference: found };
    if (places[found.from] === of && places[found.to] === other) return { of, with: other, difference: turned(found) };
  }
  return null;
};
const drawPair = (found, k) => {
  const there = variants.map((_, i) => i).filter((i) => variants[i].policies.length);
  $("between").hidden = there.length < 2;
  if (there.length < 2) return;
  const titles = there.map((i) => say("item", given.letters[i], `· ${titleOf(i)}`));
  ["between-of", "between-with"].forEach((id, side) => {
    const options = there.map((i, j) => el("option", { value: i, text: titles[j] }));
    if ([...$(id).options].map((option) => option.text).join("\n") !== titles.join("\n")) $(id).replaceChildren(...options); // an open list stays
    if (pair) $(id).value = variants.indexOf(pair[side]);
  });
  $("between-said").replaceChildren(...(found ? [
    el("p", { class: "big", text: say("between_said", given.letters[found.of], given.letters[found.with], gainSaid(found.difference.gained.mean[k])) }),
    el("p", { text: lineOf(found.difference, k) })] : [el("p", { text: "…" })]));
};
["between-of", "between-with"].forEach((id, side) => $(id).addEventListener("change", () => {
  if (!pair) return;
  const [mine, other] = side === 0 ? pair : [pair[1], pair[0]];
  const chosen = variants[Number($(id).value)];
  const rest = chosen === other ? mine : other; // one cannot be compared with itself: they change places
  pair = side === 0 ? [chosen, rest] : [rest, chosen];
  drawResults();
}));

const drawResults = () => {
  const state = shown && shown.state;
  const levels = state && state.baseline;
  $("date").disabled = !levels;
  $("save").disabled = $("export").disabled = !variants.some((variant) => variant.policies.length);
  if (!levels) {
    const word = variants.some((variant) => variant.policies.length) ? [] : [el("p", { text: say("no_variant") })];
    $("headline").replaceChildren(...word);
    for (const id of ["chart", "table", "zones", "brief"]) $(id).replaceChildren();
    $("between").hidden = true;
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
  const there = placesShown().map((i, j) => ({ i, variant: state.variants[j] })).filter(({ i }) => i >= 0).sort((a, b) => a.i - b.i);
  const two = pairShown();
  drawPair(two, k);
  const level = el("p", { class: "note", text: say("level", dateSaid(dates[k]), number(levels.without_mt[k]), number(levels.share[k], 1)) });
  $("headline").replaceChildren(...there.map(({ i, variant }) => headlineOf(variant, i, k)),
    ...(there.length ? [] : [el("p", { text: say("no_variant") })]), level);
  const full = there.filter(({ variant }) => variant.n);
  const series = full.map(({ i, variant }) => ({ i, letter: given.letters[i], ...variant.gained, futures: variant.futures }));
  if (series.length) drawChart($("chart"), dates, series, k);
  else $("chart").replaceChildren();
  const columns = [...full.map(({ i, variant }) => [say("variant", given.letters[i]), variant.gained]),
    ...(two ? [[say("less", given.letters[two.of], given.letters[two.with]), two.difference.gained]] : [])];
  $("table").replaceChildren(...(full.length ? [el("table", {},
    el("thead", {}, row([say("date"), ...columns.map(([head]) => head)], true)),
    el("tbody", {}, ...marks.map((mark) => row([dateSaid(dates[mark]),
      ...columns.map(([, { mean, half }]) => intervalSaid(mean[mark], half && half[mark]))]))))] : []));
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
const drawFor = () => { if (shown) drawResults(); }; // titles and places of variants have changed
const sayProgress = (state) => {
  if (!state) { $("said").replaceChildren(); return; }
  const baseline = state.baseline ? state.baseline.n : 0;
  const n = Math.min(baseline, ...(state.variants || []).map((variant) => variant.n));
  $("bar").max = state.of ?? 1;
  $("bar").value = state.of ? n : 0;
  $("count").textContent = state.of ? say("progress", number(n), number(state.of)) : "";
  const said = { preparing: () => [say("preparing")], complete: () => [say("complete", number(state.of))], running: () => [""],
    failed: () => [say("failed") + " ", ...errorSaid(state.why)] };
  const parts = said[state.state]();
  const text = parts.map((part) => part.textContent ?? part).join("");
  if ($("said").textContent !== text) $("said").replaceChildren(...parts);
};
