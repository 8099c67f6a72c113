// Talking to the server: every answer is sent until it is acknowledged, and what is not yet
// acknowledged is kept in the browser, so that neither a lost connection nor a closed tab loses it.

const PATIENCE = [500, 1000, 2000, 4000, 8000];
const TIMEOUT = 15000;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch { /* private windows may refuse; then only this page's memory holds it */ }
}

function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

export class Server {
  // key: the secret of the personal link. onTrouble(true) when an attempt failed, (false) after.
  constructor(key, onTrouble) {
    this.base = `/api/${encodeURIComponent(key)}`;
    this.onTrouble = onTrouble;
    this.draftName = `handeye-study-draft-${key}`;
    this.pendingName = `handeye-study-pending-${key}`;
  }

  picture(path) {
    return `${this.base}/picture/${path}`;
  }

  sound(path) {
    return `${this.base}/sound/${path}`;
  }

  state() {
    return this.ask("state");
  }

  // Resolves to the new state, also when another tab was faster.
  async answer(reply) {
    keep(this.pendingName, reply);
    const state = await this.ask("answer", reply);
    keep(this.pendingName, null);
    return state;
  }

  practise(reply) {
    return this.ask("practice", reply);
  }

  // Sends what a closed or crashed page left unsent; resolves when there is nothing left.
  async sendPending() {
    const reply = kept(this.pendingName);
    if (!reply) return;
    try {
      await this.ask("answer", reply);
    } catch { /* refused for good: the item is asked again */ }
    keep(this.pendingName, null);
  }

  saveDraft(draft) {
    keep(this.draftName, draft);
  }

  draft(phase, place) {
    const found = kept(this.draftName);
    return found && found.phase === phase && found.place === place ? found : null;
  }

  async ask(path, body) {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.attempt(path, body);
      if (answer && answer.status < 500 && answer.status !== 429) {
        this.onTrouble(false);
        const found = await answer.json().catch(() => ({}));
        if (answer.ok) return found;
        if (answer.status === 409) return found.state;
        throw Object.assign(new Error(found.error || "refused"), { status: answer.status });
      }
      this.onTrouble(true);
      await wait(PATIENCE[Math.min(attempt, PATIENCE.length - 1)]);
    }
  }

  async attempt(path, body) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT);
    try {
      return await fetch(`${this.base}/${path}`, {
        method: body ? "POST" : "GET",
        headers: body ? { "Content-Type": "application/json" } : {},
        body: body ? JSON.stringify(body) : undefined,
        signal: abort.signal,
      });
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
