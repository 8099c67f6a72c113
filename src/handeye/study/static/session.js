// A person's own page: practice, items one by one, pauses, thanks. The server says what comes next;
// this page shows it, measures how long it was visible, and hands back what was clicked and typed.

import { Board } from "./board.js";
import { Choice } from "./choice.js";
import { Clock } from "./clock.js";
import { NumberPad } from "./number.js";
import { Server } from "./server.js";

const KINDS = ["grid", "number", "choice"]; // of boards that this page has
const PAUSE_AFTER = 10 * 60 * 1000; // of looking
const ARM_AFTER = 350; // so that a double click does not answer two items

const byId = (id) => document.getElementById(id);
const { thing } = document.body.dataset; // what is shown, in one word
const Thing = thing[0].toUpperCase() + thing.slice(1);
const key = window.location.pathname.split("/").pop();
const server = new Server(key, (trouble) => {
  byId("saving").textContent = trouble
    ? "No connection. Nothing is lost; trying again \u2026"
    : "";
});
const clock = new Clock();
const board = new Board(
  {
    view: byId("view"), board: byId("board"), pane: byId("pane"), picture: byId("picture"),
    marks: byId("marks"), rulerTop: byId("ruler-top"), rulerLeft: byId("ruler-left"),
  },
  () => changed("clicks"),
);
const pad = new NumberPad(byId("typed"), byId("pad"), () => changed("number"));
const choice = new Choice({ clip: byId("clip"), choices: byId("choices") }, () => changed("choice"));

let now = null; // the server's state
let marking = false; // whether the item asks for marks on the picture
let counting = false; // whether it asks for a number
let choosing = false; // whether it asks for one of several answers
let shown = null; // phase and place of the item on the screen, null while there is none
let armed = false; // whether an answer can be given at this moment
let judged = false; // practice: the feedback is on the screen
let afterSheet = null;
let sinceBreak = Number(sessionStorage.getItem("since-break")) || 0;

function announce(words) {
  byId("announce").textContent = words;
}

function changed(what) {
  if (what === "clicks") {
    const count = board.clicks.length;
    announce(count > lastCount ? "marked" : count < lastCount ? "mark removed" : "");
    lastCount = count;
  }
  saveDraft();
  refresh();
}
let lastCount = 0;

function saveDraft() {
  if (!shown || judged) return;
  const given = { clicks: board.clicks, typed: byId("typed").value, choice: choice.value };
  server.saveDraft({ ...shown, ...given, ms: clock.ms });
}

function refresh() {
  const open = armed && !judged;
  const clicks = board.clicks.length > 0;
  const typed = pad.value !== null;
  board.clickable = open && marking;
  pad.enabled = open && counting;
  choice.enabled = open && choosing;
  byId("pane").classList.toggle("clickable", board.clickable);
  byId("done").disabled = !open || (marking && !clicks) || (counting && !typed)
    || (choosing && choice.value === null);
  document.body.classList.toggle("judged", judged);
  byId("nothing").disabled = !open || clicks;
  byId("undo").disabled = !open || board.history.length === 0;
  byId("clear").disabled = !open || !clicks;
  byId("zoom-in").disabled = !board.canGrow;
  byId("zoom-out").disabled = !board.canShrink;
}

// ---- sheets: everything that is not an item

function sheet({ eyebrow = "", title, text, link = false, go = null, label = "Go on" }) {
  clock.stop();
  choice.stop();
  byId("task").hidden = true;
  byId("pause-button").hidden = true;
  byId("sheet-eyebrow").textContent = eyebrow;
  byId("sheet-title").textContent = title;
  byId("sheet-text").textContent = text;
  byId("mylink").hidden = !link;
  if (link) byId("link").value = personalLink();
  afterSheet = go;
  byId("sheet-go").hidden = !go;
  byId("sheet-go").textContent = label;
  byId("sheet").hidden = false;
  byId(go ? "sheet-go" : "sheet-title").focus();
}

function personalLink() {
  const query = now?.token ? `?token=${encodeURIComponent(now.token)}` : "";
  return window.location.origin + window.location.pathname + query;
}

function pause() {
  saveDraft();
  sheet({
    eyebrow: "Pause",
    title: "Take your time",
    text: "The clock stands still. You may close this page; what you have marked is kept.",
    link: true,
    go: () => {
      backToTask();
      clock.go();
    },
  });
}

function backToTask() {
  byId("sheet").hidden = true;
  byId("task").hidden = false;
  byId("pause-button").hidden = false;
  board.fit();
  focusAnswer();
}

function show(state) {
  const before = now;
  now = { token: before?.token, ...state };
  progress();
  if (now.phase === "done") {
    sheet({
      eyebrow: "Finished",
      title: now.nickname ? `Thank you, ${now.nickname}` : "Thank you",
      text: "All your answers are saved. You can close this page.",
    });
  } else if (before === null && now.phase === "practice" && now.place === 0) {
    sheet({
      eyebrow: "Practice",
      title: now.nickname ? `Welcome, ${now.nickname}` : "Welcome",
      text: `The first ${thing}s are for practice: you are told what was right, and nothing of it `
        + "counts. Here is your personal link, should you want to stop and go on later.",
      link: true,
      go: present,
      label: "Begin practice",
    });
  } else if (before?.phase === "practice" && now.phase === "items") {
    sheet({
      eyebrow: "Practice is over",
      title: "Now it counts",
      text: `${now.total === 1 ? `One ${thing} follows` : `${now.total} ${thing}s follow`}, without `
        + "feedback. Take the time you need; an answer cannot be changed once it is given. Pause "
        + "whenever you like.",
      go: present,
      label: "Begin",
    });
  } else if (sinceBreak >= PAUSE_AFTER) {
    sinceBreak = 0;
    sessionStorage.setItem("since-break", "0");
    sheet({
      eyebrow: "A short break?",
      title: "Rest your eyes",
      text: "You have been looking closely for ten minutes. Look out of the window for a moment, or "
        + "stop here and come back with your link.",
      link: true,
      go: present,
    });
  } else {
    present();
  }
}

function progress() {
  const practice = now.phase === "practice";
  const total = practice ? now.practice_total : now.total;
  const meter = byId("meter");
  meter.classList.toggle("practice", practice);
  meter.setAttribute("aria-valuemax", total);
  meter.setAttribute("aria-valuenow", now.place);
  meter.firstElementChild.style.width = `${(100 * now.place) / total}%`;
  const name = practice ? "Practice" : Thing;
  byId("where").textContent =
    now.phase === "done" ? `${total} of ${total}` : `${name} ${now.place + 1} of ${total}`;
}

// ---- items

async function present() {
  const { item } = now;
  if (!KINDS.includes(item.kind)) {
    sheet({
      title: "This page cannot show what comes next",
      text: `It knows pictures to click on and to count in, and choices, but not questions of the kind \u201c${item.kind}\u201d. `
        + "Please tell the people who gave you the link. Your answers so far are saved.",
    });
    return;
  }
  marking = item.kind === "grid";
  choosing = item.kind === "choice";
  counting = !choosing && item.number !== null;
  shown = null;
  armed = false;
  judged = false;
  lastCount = 0;
  for (const part of ["before", "after", "note"]) byId(part).textContent = item.question[part];
  byId("region").textContent = item.question.where;
  byId("eyebrow").textContent = item.eyebrow;
  byId("typed-label").textContent = item.number;
  byId("board").tabIndex = marking ? 0 : -1;
  byId("board").hidden = choosing;
  byId("clip").hidden = !choosing;
  byId("choices").hidden = !choosing;
  document.body.classList.toggle("choosing", choosing);
  choice.clear();
  document.body.classList.toggle("no-marks", !marking);
  document.body.classList.toggle("no-number", !counting);
  byId("feedback").hidden = true;
  byId("broken").hidden = true;
  pad.set("");
  refresh();
  backToTask();
  try {
    if (choosing) {
      await choice.load(item, { picture: server.picture(now.picture), sound: server.sound(now.picture) });
    } else await board.load(server.picture(now.picture), item.rows, item.cols, now.rulers);
  } catch {
    byId("broken").hidden = false;
    byId("reload").focus();
    return;
  }
  const draft = server.draft(now.phase, now.place);
  if (draft) {
    board.restore(draft.clicks);
    lastCount = board.clicks.length;
    byId("typed").value = draft.typed;
    if (choosing) choice.value = draft.choice ?? null;
  }
  shown = { phase: now.phase, place: now.place };
  clock.restart(draft?.ms ?? 0);
  window.scrollTo(0, 0);
  byId("view").scrollTo(0, 0);
  choice.start();
  if (now.next_picture && !choosing) new Image().src = server.picture(now.next_picture);
  const place = now.place;
  setTimeout(() => {
    if (now.place !== place) return;
    armed = true;
    refresh();
    focusAnswer();
  }, ARM_AFTER);
}

function focusAnswer() {
  if (byId("task").hidden) return;
  const where = choosing ? choice.inputs[Math.max(0, choice.value ?? 0)] : byId(marking ? "board" : "typed");
  where?.focus({ preventScroll: true });
}

async function submit({ nothing = false, skipped = false } = {}) {
  if (!skipped && (!armed || judged)) return;
  armed = false;
  const reply = {
    place: now.place,
    ...(choosing
      ? { choice: choice.value }
      : {
        clicks: nothing || skipped ? [] : board.clicks,
        number: skipped || !counting ? null : nothing ? 0 : pad.value,
      }),
    visible_ms: clock.ms,
    skipped,
  };
  clock.stop();
  refresh();
  try {
    if (now.phase === "practice") await practised(reply);
    else await answered(reply);
  } catch (error) {
    failed(error);
  }
}

async function answered(reply) {
  sinceBreak += reply.visible_ms;
  sessionStorage.setItem("since-break", String(sinceBreak));
  const state = await server.answer(reply);
  shown = null;
  server.saveDraft(null);
  show(state);
}

async function practised(reply) {
  const found = await server.practise(reply);
  if (reply.skipped || found.phase) { // nothing to judge, or another tab went on
    show(found.phase ? found : await server.state());
    return;
  }
  server.saveDraft(null);
  judged = true;
  if (choosing) choice.judge(found.option); else board.judge(found);
  refresh();
  byId("verdict").textContent = found.passed ? "That is right" : "Not quite";
  byId("explain").textContent = found.explain;
  byId("legend").hidden = choosing;
  byId("legend-right").hidden = !found.cells?.length;
  byId("legend-wrong").hidden = !marking || found.passed;
  byId("again").hidden = found.passed;
  byId("feedback").classList.toggle("passed", found.passed);
  byId("feedback").hidden = false;
  byId("go-on").focus();
  byId("feedback").scrollIntoView({ block: "nearest" });
}

function failed(error) {
  if (error.status === 404) {
    sheet({ title: "This link is not known", text: "Please check that it is the whole link you were given." });
    return;
  }
  sheet({
    title: "That did not work",
    text: `The server refused it (${error.message}). Your earlier answers are safe.`,
    go: () => window.location.reload(),
    label: "Load again",
  });
}

// ---- wiring

byId("done").addEventListener("click", () => submit());
byId("nothing").addEventListener("click", () => submit({ nothing: true }));
byId("undo").addEventListener("click", () => board.undo());
byId("clear").addEventListener("click", () => board.clear());
byId("zoom-in").addEventListener("click", () => { board.zoomBy(1); refresh(); });
byId("zoom-out").addEventListener("click", () => { board.zoomBy(-1); refresh(); });
byId("pause-button").addEventListener("click", pause);
byId("sheet-go").addEventListener("click", () => afterSheet?.());
byId("reload").addEventListener("click", present);
byId("skip").addEventListener("click", () => submit({ skipped: true }));
byId("go-on").addEventListener("click", () => server.state().then(show, failed));
byId("again").addEventListener("click", () => {
  board.judge(null);
  choice.judge(null);
  choice.value = null;
  board.restore([]);
  board.history = [];
  pad.set("");
  judged = false;
  armed = true;
  lastCount = 0;
  byId("feedback").hidden = true;
  clock.restart();
  refresh();
  focusAnswer();
});
byId("copy").addEventListener("click", async () => {
  byId("link").select();
  try {
    await navigator.clipboard.writeText(byId("link").value);
    byId("copy").textContent = "Copied";
  } catch {
    byId("copy").textContent = "Press Ctrl+C";
  }
});
window.addEventListener("pagehide", saveDraft);
document.addEventListener("visibilitychange", saveDraft);

document.addEventListener("keydown", (event) => {
  if (byId("task").hidden || !armed || judged || event.repeat) return;
  const inField = event.target === byId("typed");
  if (choosing && !event.ctrlKey && !event.altKey && !event.metaKey && event.key.length === 1
      && !event.target.closest("video, audio")) {
    if (event.key === "p" || event.key === "P") choice.toggle();
    else if (!choice.pick(event.key)) return;
    event.preventDefault();
    return;
  }
  const onButton = event.target.closest("button, summary");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (inField && !event.altKey))) {
    if (!byId("done").disabled) {
      event.preventDefault();
      submit();
    }
  } else if (event.key === "z" && (event.ctrlKey || event.metaKey) && marking) {
    event.preventDefault();
    board.undo();
  } else if (event.ctrlKey || event.altKey || event.metaKey) {
    // the browser's own
  } else if (event.key === "+" || event.key === "-") {
    event.preventDefault();
    board.zoomBy(event.key === "+" ? 1 : -1);
    refresh();
  } else if (!inField && counting && /^[0-9]$/.test(event.key)) {
    event.preventDefault();
    pad.press(event.key);
  } else if (!inField && !onButton && counting && event.key === "Backspace") {
    event.preventDefault();
    pad.press("back");
  }
});

server.sendPending().then(() => server.state()).then(show).catch(failed);
