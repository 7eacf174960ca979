(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // A narrow page begins with its contents folded.
  const toc = document.querySelector("nav.toc details");
  if (toc && matchMedia("(max-width: 820px)").matches) toc.open = false;

  // A link to a folded figure opens it.
  const openTarget = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", openTarget);
  openTarget();

  // Paper folds nothing.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });

  // j and k: the next and the previous finding or figure.
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    if (event.key !== "j" && event.key !== "k") return;
    const stops = all("section, article.f, details.figure");
    const here = stops.findLastIndex((stop) => stop.contains(document.activeElement) || stop.compareDocumentPosition(document.activeElement) & 4);
    const next = stops[document.activeElement === document.body ? 0 : here + (event.key === "j" ? 1 : -1)];
    if (!next) return;
    const goal = next.matches("details") ? next.querySelector("summary") : next;
    goal.focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
  });

  // A box of the flame graph takes the whole width; again, and it gives it back.
  for (const flame of all(".flame")) {
    const boxes = all("button", flame).map((box) => ({ box, left: +box.dataset.l, width: +box.dataset.w, depth: +box.dataset.d }));
    const whole = boxes.filter(({ depth }) => depth === 0).reduce((sum, { width }) => sum + width, 0);
    const total = Number(boxes[0] ? (boxes[0].width / parseFloat(boxes[0].box.style.width)) * 100 : whole);
    const rest = flame.querySelector(".rest");
    let chosen = null;
    const draw = () => {
      if (rest) rest.hidden = chosen !== null;
      const from = chosen ? chosen.left : 0;
      const width = chosen ? chosen.width : total;
      for (const one of boxes) {
        const left = Math.max(0, (one.left - from) / width);
        const right = Math.min(1, (one.left + one.width - from) / width);
        one.box.hidden = right - left <= 0;
        one.box.style.left = `${left * 100}%`;
        one.box.style.width = `${(right - left) * 100}%`;
        one.box.classList.toggle("on", one === chosen);
        one.box.setAttribute("aria-pressed", String(one === chosen));
      }
    };
    for (const one of boxes) {
      one.box.addEventListener("click", () => {
        chosen = chosen === one ? null : one;
        draw();
      });
    }
    flame.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      chosen = null;
      draw();
    });
  }
})();
