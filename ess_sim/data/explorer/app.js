// What the user does, and the runs that follow from it.
let running = null; // stops what was asked for before
let timer = 0;
let turn = 0;
const typed = (id) => { // the number in a field; null where there is none
  const { value } = $(id);
  return value.trim() === "" || Number.isNaN(Number(value)) ? null : Number(value);
};
const toAsk = () => {
  const numbers = variants.map((_, i) => i).filter((i) => variants[i].policies.length);
  return { numbers, body: { seed: typed("seed"), replications: typed("replications"),
    variants: numbers.map((i) => ({ number: i, title: variants[i].title, policies: variants[i].policies })) } };
};
let slow = 0; // until it is said that new runs take a while
const sayOutdated = (key) => { // whether what is shown belongs to other settings, and why
  const stale = Boolean(key && shown);
  const soon = stale && key === "updating";
  clearTimeout(slow);
  if (soon) slow = setTimeout(() => { $("outdated").textContent = say(key); }, 800);
  if (!soon || $("results").dataset.outdated !== key) $("outdated").textContent = stale && !soon ? say(key) : "";
  $("outdated").classList.toggle("error", stale && !soon);
  for (const id of ["results", "brief"]) {
    $(id).classList.toggle("stale", stale);
    $(id).classList.toggle("void", stale && !soon);
  }
  $("results").dataset.outdated = stale ? key : "";
};
const sayProblems = (problems, numbers) => {
  faults = { problems, of: numbers.map((i) => variants[i]) };
  showFaults();
  sayOutdated("outdated");
};
const run = async () => {
  if (running) running.abort();
  const mine = new AbortController();
  running = mine;
  turn += 1;
  const { numbers, body } = toAsk();
  const asking = numbers.map((i) => variants[i]);
  const policies = copied(body.variants.map((variant) => variant.policies));
  const began = performance.now();
  sayOutdated("updating");
  try {
    const [study, problems] = await askedOfBase("/api/run", { ...body, page: me, turn }, mine.signal);
    if (running !== mine) return;
    if (!study) { sayProblems(problems, numbers); sayProgress(null); return; }
    faults = { problems: [], of: [] };
    showFaults();
    mine.limits = study.limits.map((lines, j) => lines.map((line) => ({ ...line, policies: policies[j] })));
    await follow(study.study, asking, mine, began);
  } catch (error) {
    if (!mine.signal.aborted) throw error;
  }
};
const follow = async (study, asking, mine, began) => { // takes in what comes, until all is there
  for (let seen = ""; ;) {
    const [state, , status] = await asked("/api/news", { study, seen }, mine.signal);
    if (running !== mine || status === 403) return;
    if (!state) await pause(1000);
    if (!state || !state.state) continue; // nothing new
    seen = state.version || "";
    if (state.state === "given_up") { // the server has forgotten it, as after a long sleep
      await pause(300);
      if (running === mine) run();
      return;
    }
    progress = state;
    sayProgress(state);
    if (state.state === "failed") { sayOutdated("outdated_failed"); return; }
    take(state, asking, mine, began);
    if (state.state === "complete") return;
  }
};
const take = (state, asking, mine, began) => {
  if (!state.baseline) return; // what was there stays until there is something new
  if (asking.length && !state.variants.some((variant) => variant.n)) return;
  shown = { state, asking, limits: mine.limits };
  sayOutdated("");
  if (state.variants.length && state.variants.every((variant) => variant.n) && !mine.first) {
    mine.first = performance.now() - began;
    document.documentElement.dataset.firstPair = mine.first.toFixed(0);
  }
  if (state.state === "complete") document.documentElement.dataset.allPairs = (performance.now() - began).toFixed(0);
  drawResults();
};
changed = () => {
  if (running) running.abort();
  running = null;
  document.documentElement.dataset.firstPair = "";
  document.documentElement.dataset.allPairs = "";
  sayPlacing();
  markPlaces();
  drawFor();
  clearTimeout(timer);
  timer = setTimeout(run, 120);
};
const draw = () => {
  sayPage();
  drawFolders();
  sayLink(linkWord());
  if (!base) return;
  drawVariants();
  drawForm();
  drawMap();
  sayHead();
  drawResults();
  sayPlacing();
  showFaults();
  if (progress) sayProgress(progress);
  const outdated = $("results").dataset.outdated;
  if (outdated) sayOutdated(outdated);
};
const sayHead = () => {
  $("place-head").textContent = named(base.place);
  const slow = base.seconds > 4 ? " " + say("slow", number(base.seconds)) : "";
  $("place-about").textContent = say("period", named(base.title), dateSaid(base.start), dateSaid(base.end)) + "." + slow;
  $("place-notes").replaceChildren(...base.notes.map((note) => el("li", { text: raised(named(note)) })));
  $("place-notes").hidden = !base.notes.length;
};
const open = (found, chosen) => {
  base = found;
  shown = progress = null;
  faults = { problems: [], of: [] };
  at = -1;
  variants = [{ title: "", policies: copied(found.policies), last: found.policies.length - 1 }];
  selected = 0;
  $("where").hidden = true;
  $("work").hidden = false;
  $("saved").replaceChildren();
  sayOutdated("");
  draw();
  if (chosen) $("place-head").focus();
  changed();
};
const sayPlaceProblems = (problems) => {
  clearProblems($("where"));
  const homeless = problems.filter((problem) => !placeProblem(problem, $("where")));
  $("where-said").replaceChildren(...homeless.map((problem) => el("span", { class: "error" }, ...whatSaid(problem), " ")),
    ...(problems.length > homeless.length ? [el("span", { class: "error", text: say("place_problems") })] : []));
};
const hit = (place) => el("li", {}, el("button", { type: "button", onclick: () => choose(place) }, place.name,
  el("small", { text: [place.key === "communes" ? say("a_commune") : named(place.kind), place.code, place.departement && place.departement !== place.code ? `(${place.departement})` : "", place.population ? say("inhabitants", number(place.population)) : ""].filter(Boolean).join(" · ") })));
const choose = async (place) => {
  clearProblems($("where"));
  $("where-said").textContent = say("opening", place.name);
  const share = typed("place-share");
  const badShare = $("place-share").validity.badInput;
  const body = { key: place.key, code: place.code, lang, start: $("place-start").value, years: typed("place-years"),
    without_mt: badShare ? -1 : share === null ? null : share / 100 };
  const [found, problems] = await asked("/api/place", body);
  sayPlaceProblems(problems);
  if (!found) return;
  opened = ["/api/place", body];
  open(found, true);
};
$("search").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("search-text").value.trim();
  $("hits").replaceChildren();
  if (text.length < 2) { $("where-said").textContent = say("too_short"); return; }
  $("where-said").textContent = say("searching");
  const [found, problems] = await asked("/api/search", { text });
  if (!found) { sayPlaceProblems(problems); return; }
  $("where-said").textContent = found.length === 0 ? say("hits_none") : found.length === 1 ? say("hits_one") : say("hits", number(found.length));
  $("hits").replaceChildren(...found.map(hit));
  hits = found;
});
let hits = [];
$("leave").addEventListener("click", () => {
  if (running) running.abort();
  running = null;
  clearTimeout(timer);
  base = null;
  $("work").hidden = true;
  $("where").hidden = false;
  $("where-said").textContent = "";
  $("search-text").focus();
});
$("form").addEventListener("submit", (event) => event.preventDefault());
for (const kind of ["focusin", "input", "change", "click"]) $("form").addEventListener(kind, (event) => {
  const policy = event.target.closest(".policy[data-path]");
  if (policy && !event.target.closest(".bar")) aim([...$("form").querySelectorAll(".policy[data-path]")].indexOf(policy));
});
$("languages").addEventListener("click", (event) => {
  const button = event.target.closest("[data-lang]");
  if (!button || button.dataset.lang === lang) return;
  lang = button.dataset.lang;
  clearProblems($("where"));
  $("where-said").textContent = "";
  $("hits").replaceChildren(...hits.map(hit));
  $("saved").replaceChildren();
  draw();
});
for (const id of ["seed", "replications"]) $(id).addEventListener("input", () => changed());
$("date").addEventListener("input", () => { at = Number($("date").value); drawResults(); });
$("by-zone").addEventListener("toggle", () => { if (base) drawResults(); });
new ResizeObserver(() => { if (base && shown) drawResults(); }).observe($("chart"));
sayPage();
watchFolders();
if (given.hasFile) asked("/api/file", {}).then(([found, problems]) => {
  if (!found) { sayPlaceProblems(problems); return; }
  opened = ["/api/file", {}];
  open(found, false);
});
