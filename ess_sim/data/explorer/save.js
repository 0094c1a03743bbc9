// Files to take along, and folders with results and report, which the server fills whether or not a page waits.
let folders = []; // as the server says them, the newest first
let watching = false;
const folderSaid = (one) => {
  const lines = { running: () => [el("p", {}, say("exporting", number(one.done), number(one.of), one.folder) + " ",
      el("button", { type: "button", text: say("stop"), "aria-label": say("stop_export", one.folder), onclick: () => stopFolder(one.key) })),
    el("progress", { max: one.of || 1, value: one.done, "aria-label": one.folder })],
  written: () => [el("p", { class: "done", text: say("exported", one.folder) }),
    el("p", { text: one.report ? say("report_at", one.report) : say("report_how", one.how) }),
    el("p", { class: "note", text: say("again", one.command) })],
  stopped: () => [el("p", { text: say("stopped", one.folder) })],
  failed: () => [el("p", { class: "error", text: say("export_failed", one.folder) }), el("p", {}, ...errorSaid(one.why))] };
  return el("li", {}, ...lines[one.state]());
};
const drawFolders = () => {
  $("folders").replaceChildren(...folders.map(folderSaid));
  $("made").hidden = !folders.length;
  if (!folders.some((one) => one.state === "running")) for (const link of $("saved").querySelectorAll("a[href]")) link.parentElement.remove();
  const newest = folders[0];
  const word = newest ? newest.state + newest.folder : "";
  if ($("folder-said").dataset.word === word) return; // said aloud when it changes, not with each run
  $("folder-said").dataset.word = word;
  const keys = { written: "exported", stopped: "stopped", failed: "export_failed" };
  $("folder-said").textContent = newest && keys[newest.state] ? say(keys[newest.state], newest.folder) : "";
};
const showFolders = (found) => { folders = found; drawFolders(); };
const watchFolders = async () => {
  if (watching) return;
  watching = true;
  do {
    const [found] = await asked("/api/exports", {});
    if (found) showFolders(found);
    if (!found) break;
    await pause(700);
  } while (folders.some((one) => one.state === "running"));
  watching = false;
};
const stopFolder = async (key) => {
  const [found] = await asked("/api/stop", { key });
  if (found) showFolders(found);
  if (base) $("export").focus();
};
$("save").addEventListener("click", async () => {
  const { numbers, body } = toAsk();
  const [found, problems] = await askedOfBase("/api/texts", body);
  if (!found) { sayProblems(problems, numbers); return; }
  for (const { name, text } of found) {
    const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "application/yaml" })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
  const command = `ess-sim run ${found.map(({ name }) => name).join(" ")} --replications ${body.replications} --seed ${body.seed}${lang === "en" ? "" : ` --lang ${lang}`}`;
  $("saved").replaceChildren(el("p", {}, say("save_how") + " ", el("code", { text: command })));
});
$("export").addEventListener("click", async () => {
  const { numbers, body } = toAsk();
  const [found, problems] = await askedOfBase("/api/export", { ...body, lang, key: crypto.randomUUID().slice(0, 32) });
  if (!found) { sayProblems(problems, numbers); return; }
  showFolders([found, ...folders.filter((one) => one.key !== found.key)]);
  $("saved").replaceChildren(el("p", {}, el("a", { href: "#made-head", text: say("folder_below") })));
  watchFolders();
});
