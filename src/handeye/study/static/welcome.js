// Welcome page: consent and nickname, then on to the person's own page.

const byId = (id) => document.getElementById(id);

async function tellAmount() {
  const answer = await fetch("/api/about");
  if (!answer.ok) return;
  const { items, practice } = await answer.json();
  const { thing } = document.body.dataset;
  const pictures = items === 1 ? `one ${thing}` : `${items} ${thing}s`;
  byId("amount").textContent = practice
    ? `There are ${pictures}, after ${practice} for practice with feedback.`
    : `There are ${pictures}.`;
}

function complain(words) {
  const trouble = byId("trouble");
  trouble.textContent = words;
  trouble.hidden = false;
}

async function join(event) {
  event.preventDefault();
  if (!byId("consent").checked) {
    complain("Please tick the box if you want to take part.");
    byId("consent").focus();
    return;
  }
  byId("start").disabled = true;
  try {
    const answer = await fetch("/api/join", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ consent: true, nickname: byId("nickname").value }),
    });
    if (answer.status === 429 || answer.status === 503) {
      complain((await answer.json()).error);
      byId("start").disabled = false;
      return;
    }
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const { key } = await answer.json();
    window.location.assign(`/s/${key}`);
  } catch {
    complain("The study cannot be reached at the moment. Please try again.");
    byId("start").disabled = false;
  }
}

byId("join").addEventListener("submit", join);
// Coming back with the browser's back button must not find a dead button.
window.addEventListener("pageshow", () => { byId("start").disabled = false; });
tellAmount().catch(() => {});
