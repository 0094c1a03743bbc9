// Requests, and what the user does.
const me = crypto.randomUUID().slice(0, 32);
let running = null; // stops what was asked for before
let timer = 0;
const post = async (path, body, signal) => fetch(path, {
  method: "POST", signal, headers: { "Content-Type": "application/json", "X-Ess-Sim-Token": given.token }, body: JSON.stringify(body) });
const asked = async (path, body) => { // [answer, problems]
  try {
    const answer = await post(path, body);
    const found = answer.headers.get("Content-Type").startsWith("application/json") ? await answer.json() : { problems: [{ where: "", what: await answer.text() }] };
    return answer.ok ? [found, []] : [null, found.problems];
  } catch { return [null, [{ where: "", what: say("lost") }]]; }
};
const lines = async (answer, take) => {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) if (part) take(JSON.parse(part));
  }
};
const toAsk = () => {
  const numbers = variants.map((_, i) => i).filter((i) => variants[i].policies.length);
  return { numbers, body: { base: base.base, seed: Number($("seed").value), replications: Number($("replications").value),
    variants: numbers.map((i) => ({ number: i, title: titleOf(i), policies: variants[i].policies })) } };
};
const titleOf = (i) => {
  const kinds = variants[i].policies.map((policy) => named(leversOf(policy.kind).label)).join(" + ");
  return (variants[i].title || `${base.place}, ${kinds}`).slice(0, 120);
};
let trouble = false; // whether something is to be corrected
const sayProblems = (problems, numbers) => {
  trouble = true;
  const placedProblems = problems.map((problem) => {
    const i = problem.variant === undefined ? selected : numbers[problem.variant];
    return i === selected ? problem : { ...problem, elsewhere: say("variant", given.letters[i]) };
  });
  showProblems(placedProblems);
};
const run = async () => {
  if (running) running.abort();
  const mine = new AbortController();
  running = mine;
  const { numbers, body } = toAsk();
  $("results").classList.add("stale");
  const began = performance.now();
  try {
    const answer = await post("/api/run", { ...body, page: me }, mine.signal);
    if (!answer.ok) {
      const { problems } = await answer.json();
      sayProblems(problems, numbers);
      return;
    }
    clearProblems();
    trouble = false;
    await lines(answer, (state) => {
      if (running !== mine) return;
      sayProgress(state);
      if (!state.baseline && shown && state.state !== "failed") return; // what was there stays until there is something new
      if (numbers.length && state.baseline && !state.variants.some((variant) => variant.n)) return;
      if (state.state === "failed" || state.state === "given_up") return;
      shown = { state, numbers };
      $("results").classList.remove("stale");
      if (state.variants.length && state.variants.every((variant) => variant.n) && !mine.first) {
        mine.first = performance.now() - began;
        document.documentElement.dataset.firstPair = mine.first.toFixed(0);
      }
      if (state.state === "complete") document.documentElement.dataset.allPairs = (performance.now() - began).toFixed(0);
      drawResults();
    });
  } catch (error) {
    if (error.name !== "AbortError") $("said").textContent = say("lost");
  }
};
changed = () => {
  if (running) running.abort();
  running = null;
  document.documentElement.dataset.firstPair = "";
  document.documentElement.dataset.allPairs = "";
  sayPlacing();
  colourMapNow();
  clearTimeout(timer);
  timer = setTimeout(run, 120);
};
const colourMapNow = () => {
  const here = new Set(zonesOf(variants[selected].policies));
  zoneShapes.forEach((shapes, i) => shapes.acts.setAttribute("visibility", here.has(base.zones[i].code) ? "visible" : "hidden"));
};
const draw = () => {
  sayPage();
  if (!base) return;
  drawVariants();
  drawForm();
  drawMap();
  sayHead();
  drawResults();
  sayPlacing();
  if (trouble) changed(); // messages stand at their fields again
};
const sayHead = () => {
  $("place-head").textContent = base.place;
  const slow = base.seconds > 4 ? " " + say("slow", number(base.seconds)) : "";
  $("place-about").textContent = say("period", base.title, dateSaid(base.start), dateSaid(base.end)) + "." + slow;
};
const open = (found, chosen) => {
  base = found;
  placing = shown = null;
  trouble = false;
  at = -1;
  variants = [{ title: "", policies: copied(found.policies) }];
  selected = 0;
  $("where").hidden = true;
  $("work").hidden = false;
  $("saved").replaceChildren();
  draw();
  if (chosen) $("place-head").focus();
  changed();
};
const hit = (place) => el("li", {}, el("button", { type: "button", onclick: () => choose(place) }, place.name,
  el("small", { text: [place.key === "communes" ? say("a_commune") : named(place.kind), place.code, place.departement && place.departement !== place.code ? `(${place.departement})` : "", place.population ? say("inhabitants", number(place.population)) : ""].filter(Boolean).join(" · ") })));
const choose = async (place) => {
  $("where-said").textContent = say("opening", place.name);
  const share = $("place-share").value;
  const [found, problems] = await asked("/api/place", { key: place.key, code: place.code, lang, start: $("place-start").value,
    years: Number($("place-years").value), without_mt: share === "" ? null : Number(share) / 100 });
  $("where-said").textContent = problems.map(({ where, what }) => (where ? `${where}: ${what}` : what)).join(" ");
  if (found) open(found, true);
};
$("search").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("search-text").value.trim();
  $("hits").replaceChildren();
  if (text.length < 2) { $("where-said").textContent = say("too_short"); return; }
  $("where-said").textContent = say("searching");
  const [found, problems] = await asked("/api/search", { text });
  if (!found) { $("where-said").textContent = problems.map(({ what }) => what).join(" "); return; }
  $("where-said").textContent = found.length === 0 ? say("hits_none") : found.length === 1 ? say("hits_one") : say("hits", number(found.length));
  $("hits").replaceChildren(...found.map(hit));
});
$("leave").addEventListener("click", () => {
  if (running) running.abort();
  clearTimeout(timer);
  base = null;
  $("work").hidden = true;
  $("where").hidden = false;
  $("where-said").textContent = "";
  $("search-text").focus();
});
$("form").addEventListener("submit", (event) => event.preventDefault());
$("languages").addEventListener("click", (event) => {
  const button = event.target.closest("[data-lang]");
  if (!button || button.dataset.lang === lang) return;
  lang = button.dataset.lang;
  placing = null;
  draw();
  if (base && shown) sayProgress(shown.state);
});
for (const id of ["seed", "replications"]) $(id).addEventListener("change", () => changed());
$("date").addEventListener("input", () => { at = Number($("date").value); drawResults(); });
$("by-zone").addEventListener("toggle", () => { if (base) drawResults(); });
new ResizeObserver(() => { if (base && shown) drawResults(); }).observe($("chart"));
$("save").addEventListener("click", async () => {
  const { numbers, body } = toAsk();
  const [found, problems] = await asked("/api/texts", body);
  if (!found) { sayProblems(problems, numbers); return; }
  for (const { name, text } of found) {
    const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "application/yaml" })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
  const command = `ess-sim run ${found.map(({ name }) => name).join(" ")} --replications ${body.replications} --seed ${body.seed}`;
  $("saved").replaceChildren(el("p", {}, say("save_how") + " ", el("code", { text: command })));
});
$("export").addEventListener("click", async () => {
  const { numbers, body } = toAsk();
  const box = $("saved");
  box.replaceChildren(el("p", { text: say("exporting", "") }));
  try {
    const answer = await post("/api/export", body);
    if (!answer.ok) { box.replaceChildren(); sayProblems((await answer.json()).problems, numbers); return; }
    await lines(answer, (news) => {
      if (news.line) box.replaceChildren(el("p", { text: say("exporting", news.line) }));
      else if (news.failed) box.replaceChildren(el("p", { class: "error", text: say("failed", news.failed) }));
      else if (news.folder) box.replaceChildren(
        el("p", { text: say("exported", news.folder) }),
        el("p", { text: news.report ? say("report_at", news.report) : say("report_how", news.how) }),
        el("p", { text: say("again", news.command) }));
    });
  } catch { box.replaceChildren(el("p", { class: "error", text: say("lost") })); }
});
sayPage();
if (given.hasFile) asked("/api/file", {}).then(([found, problems]) => {
  if (found) open(found, false);
  else $("where-said").textContent = problems.map(({ what }) => what).join(" ");
});
