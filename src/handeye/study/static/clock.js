// How long a picture was on the screen: runs only while the page is visible and not paused.

export class Clock {
  constructor() {
    this.spent = 0;
    this.since = null;
    this.wanted = false;
    document.addEventListener("visibilitychange", () => this.follow());
    window.addEventListener("pagehide", () => this.halt());
    window.addEventListener("pageshow", () => this.follow());
  }

  // Begin a new item with what was spent on it before, in milliseconds.
  restart(spent = 0) {
    this.stop();
    this.spent = spent;
    this.go();
  }

  go() {
    this.wanted = true;
    this.follow();
  }

  stop() {
    this.wanted = false;
    this.halt();
  }

  get ms() {
    const running = this.since === null ? 0 : performance.now() - this.since;
    return Math.round(this.spent + running);
  }

  halt() {
    if (this.since !== null) this.spent += performance.now() - this.since;
    this.since = null;
  }

  follow() {
    if (this.wanted && document.visibilityState === "visible") this.since ??= performance.now();
    else this.halt();
  }
}
