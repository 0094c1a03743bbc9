// What is wrong: at the field that it is about, in the language of the page; what is of no field stands above the form.
let faults = { problems: [], of: [] }; // what is to be corrected, and the variants that were asked for
const isDate = /^\d{4}-\d{2}-\d{2}$/;
const valueSaid = (value) => {
  const text = String(value);
  if (isDate.test(text)) return dateSaid(text);
  if (text === "empty" || text === "''") return say("nothing");
  if (/^-?\d+(\.\d{1,6})?$/.test(text)) return number(Number(text), (text.split(".")[1] || "").length);
  const quoted = text.match(/^'(.*)'$/);
  return quoted ? zoneNameOf(quoted[1]) : text;
};
const zoneNameOf = (text) => (base && base.zones.some((zone) => zone.code === text) ? zoneName(text) : text);
const raised = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);
const quotation = (text) => el("q", { lang: "en", text });
const whatSaid = (problem) => { // text and elements
  if (problem.say) return [raised(say(problem.say[0], ...problem.say.slice(1).map(valueSaid)))];
  return lang === "en" ? [problem.what] : [say("quoted") + " ", quotation(problem.what)];
};
const errorSaid = (text) => (lang === "en" ? [say("quoted_error") + " ", text] : [say("quoted_error") + " ", quotation(text)]);
const whereSaid = (where, policies) => { // a path in the words of the form; itself where the form has no such field
  const found = where.match(/^policies\[(\d+)\](.*)$/);
  const policy = found && policies[Number(found[1])];
  if (!policy) return where;
  const lever = leversOf(policy.kind);
  let fields = lever.fields;
  const words = [policyName(policies, Number(found[1]))];
  for (const key of found[2].split(/[.[\]]+/).filter(Boolean)) {
    const field = fields.find((one) => one.key === key);
    if (!field) break;
    words.push(named(field.label));
    fields = field.fields || (field.item && field.item.fields) || (field.ways || []).flatMap((way) => way.fields || []);
  }
  return words.join(", ");
};
const homeOf = (where, within) => {
  let home = null;
  for (const node of within.querySelectorAll("[data-path]")) {
    const path = node.dataset.path;
    const rest = where.slice(path.length);
    const inside = where.startsWith(path) && (rest === "" || rest[0] === "." || rest[0] === "[");
    if (inside && (!home || path.length > home.dataset.path.length)) home = node;
  }
  return home;
};
const clearProblems = (within) => {
  for (const node of within.querySelectorAll("[data-path] > .error")) node.remove();
  for (const node of within.querySelectorAll("[aria-invalid]")) {
    node.removeAttribute("aria-invalid");
    node.removeAttribute("aria-describedby");
  }
};
const placeProblem = (problem, within) => { // whether there is a field for it
  const home = homeOf(problem.where, within);
  if (!home) return false;
  const id = idOf(`problem-${problem.where}`) + "-" + home.querySelectorAll(".error").length;
  home.append(el("p", { class: "error", id }, ...whatSaid(problem)));
  const control = home.querySelector("input:not([type=range]), select");
  if (control) {
    control.setAttribute("aria-invalid", "true");
    const before = control.getAttribute("aria-describedby");
    control.setAttribute("aria-describedby", before ? `${before} ${id}` : id);
  }
  for (let at = home.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  return true;
};
const showFaults = () => { // those of the variant that is shown at their fields, all others by what they are of
  clearProblems($("work"));
  const lines = [];
  let here = 0;
  for (const problem of faults.problems) {
    const own = problem.variant === undefined ? null : faults.of[problem.variant];
    if ((!own || own === variants[selected]) && placeProblem(problem, $("work"))) { here += 1; continue; }
    const letter = own ? say("variant", given.letters[variants.indexOf(own)]) : "";
    const where = problem.where ? whereSaid(problem.where, own ? own.policies : []) : "";
    lines.push(el("li", { class: "error" }, [letter, where].filter(Boolean).join(", ") + (letter || where ? say("colon") : ""), ...whatSaid(problem)));
  }
  $("general").replaceChildren(...(lines.length ? [el("p", { class: "error", text: say("problems") }), el("ul", {}, ...lines)] : []),
    ...(here ? [el("p", { class: "error", text: say("place_problems") })] : []));
};
