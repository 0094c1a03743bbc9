// Requests. Each is answered within a second or so; one that gets no answer, as on a machine that sleeps or is busy, is
// made again until it does: none does harm when it is made twice.
const me = crypto.randomUUID().slice(0, 32);
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
const patience = [300, 700, 1500, 3000, 6000, 10000]; // milliseconds before the next attempt
let unheard = 0; // attempts in a row, of all requests, that got no answer
const sayLink = (key) => { const text = key ? say(key) : ""; if ($("link").textContent !== text) $("link").textContent = text; $("link").hidden = !key; };
const linkWord = () => (unheard < 3 ? "" : unheard < 6 ? "waiting" : "lost");
const heard = () => { if (unheard) { unheard = 0; sayLink(""); } };
const asked = async (path, body, signal) => { // [answer, problems, status]
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await fetch(path, { method: "POST", signal, body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", "X-Ess-Sim-Token": given.token } });
      const text = await answer.text();
      heard();
      if (answer.status === 403) sayLink("expired");
      if ((answer.headers.get("Content-Type") || "").startsWith("application/json")) {
        const found = JSON.parse(text);
        return found.problems ? [null, found.problems, found.status] : [found, [], answer.status];
      }
      return [null, [{ where: "", what: text.trim(), ...(answer.status === 403 ? { say: ["expired"] } : {}) }], answer.status];
    } catch (error) {
      if (signal && signal.aborted) throw error;
      unheard += 1;
      sayLink(linkWord());
      await pause(patience[Math.min(attempt, patience.length - 1)]);
      if (signal && signal.aborted) throw error;
    }
  }
};
let opened = null; // the request that opened the territory: made again where the server has put it away
const askedOfBase = async (path, body, signal) => {
  const first = await asked(path, { ...body, base: base.base }, signal);
  if (first[2] !== 410 || !opened) return first;
  const [found, problems] = await asked(...opened, signal);
  return found ? asked(path, { ...body, base: found.base }, signal) : [null, problems, 410];
};
