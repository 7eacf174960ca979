(() => {
  "use strict";
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Light, dark, or as the system has it; nothing is stored.
  const theme = byId("theme");
  const themes = ["system", "light", "dark"];
  let chosen = 0;
  const night = matchMedia("(prefers-color-scheme: dark)");
  const shade = () => (themes[chosen] === "dark" || (chosen === 0 && night.matches) ? "dark" : "light");
  const showTheme = () => {
    theme.textContent = themes[chosen] === "system" ? "Theme" : themes[chosen] === "light" ? "Light" : "Dark";
    theme.setAttribute("aria-label", `${theme.textContent}: colours of the ${chosen === 0 ? "system" : "page"}, choose others`);
    if (chosen === 0) root.removeAttribute("data-theme");
    else root.dataset.theme = themes[chosen];
    for (const frame of all(".whole iframe")) frame.contentWindow.postMessage(shade(), "*");
  };
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const order = night.matches ? [0, 1, 2] : [0, 2, 1];
    chosen = order[(order.indexOf(chosen) + 1) % 3];
    showTheme();
  });
  showTheme();
  night.addEventListener("change", showTheme);
  for (const one of all(".keys")) one.hidden = false;

  // A fold is focused at its summary.
  const focusOn = (element) => {
    const goal = element.matches("details") ? element.querySelector("summary") : element;
    if (goal === element && !element.matches("a")) element.tabIndex = -1;
    goal.focus({ preventScroll: true });
  };

  // What a link leads to is opened first, with every fold around it.
  const reveal = (target) => {
    for (let one = target; one; one = one.parentElement) if (one instanceof HTMLDetailsElement) one.open = true;
  };
  const targetOf = (hash) => (hash.length > 1 ? byId(decodeURIComponent(hash.slice(1))) : null);
  const openTarget = () => {
    const target = targetOf(location.hash);
    if (!target) return;
    reveal(target);
    target.scrollIntoView({ block: "start", behavior: "instant" });
  };
  addEventListener("hashchange", openTarget);
  if (location.hash) openTarget();

  // Paper folds nothing.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });

  // Text to copy.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  for (const block of all("pre.cmd, pre[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await copy(block.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    block.append(button);
  }

  // Search and filters: the book gives way to what matches, and comes back.
  const form = byId("search");
  const box = byId("q");
  const [severity, rung, fix] = [byId("fs"), byId("fr"), byId("fx")];
  const book = byId("book");
  const found = byId("found");
  const MOST = 60;
  let entries = null;
  const sectionOf = (element) => {
    const heading = element.closest(".sec, .part")?.querySelector("h2, h3");
    return heading ? heading.textContent.trim() : "";
  };
  const readEntries = () => {
    entries ??= all("[data-s], article[data-a], figure[data-stop]").map((element) => {
      const isFinding = element.hasAttribute("data-s");
      const title = (element.querySelector(isFinding ? ".claim, .t" : ".claim, .q") ?? element).textContent.trim();
      const detail =
        isFinding && element.tagName === "LI"
          ? element.querySelector(".s").textContent
          : isFinding
            ? [...element.querySelectorAll("header > :not(.rung), .head > :not(.rung)")].map((one) => one.textContent).join(" · ")
            : element.tagName === "FIGURE"
              ? "figure"
              : "advice";
      const text = `${element.textContent} ${sectionOf(element)}`.toLowerCase();
      return {
        element,
        isFinding,
        title,
        lower: title.toLowerCase(),
        detail,
        text,
        section: sectionOf(element),
        severity: element.dataset.s ?? "",
        rung: element.dataset.r ?? "",
        fix: element.dataset.x ?? "",
      };
    });
    return entries;
  };
  const marked = (title, words) => {
    const line = document.createElement("span");
    const lower = title.toLowerCase();
    let at = 0;
    while (at < title.length) {
      const next = words
        .map((word) => [lower.indexOf(word, at), word.length])
        .filter(([place]) => place >= 0)
        .sort((a, b) => a[0] - b[0])[0];
      if (!next) break;
      line.append(title.slice(at, next[0]));
      const mark = document.createElement("mark");
      mark.textContent = title.slice(next[0], next[0] + next[1]);
      line.append(mark);
      at = next[0] + next[1];
    }
    line.append(title.slice(at));
    return line;
  };
  // Findings before the rest, and those whose title says it before those whose text does.
  const matching = (words, isFiltered) => {
    const ranks = [[], [], [], []];
    for (const one of readEntries()) {
      const isWanted =
        (!severity.value || one.severity === severity.value) &&
        (!rung.value || one.rung === rung.value) &&
        (!fix.value || one.fix === fix.value) &&
        (!isFiltered || one.isFinding);
      if (isWanted && words.every((word) => one.text.includes(word)))
        ranks[(one.isFinding ? 0 : 2) + (words.every((word) => one.lower.includes(word)) ? 0 : 1)].push(one);
    }
    return ranks.flat();
  };
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const isFiltered = Boolean(severity.value || rung.value || fix.value);
    for (const one of [severity, rung, fix]) one.classList.toggle("on", one.value !== "");
    const isOn = words.length > 0 || isFiltered;
    form.classList.toggle("on", isOn);
    book.classList.toggle("away", isOn);
    book.inert = isOn;
    found.hidden = !isOn;
    if (!isOn) return found.replaceChildren();
    const matches = matching(words, isFiltered);
    const heading = document.createElement("h2");
    heading.textContent = `${matches.length.toLocaleString("en")} of ${readEntries().length.toLocaleString("en")} findings, figures and pieces of advice`;
    const list = document.createElement("ul");
    list.className = "compact";
    for (const one of matches.slice(0, MOST)) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.className = "t";
      link.href = `#${one.element.id || ""}`;
      link.append(marked(one.title, words));
      link.addEventListener("click", (event) => {
        event.preventDefault();
        leave();
        if (one.element.id) history.replaceState(null, "", `#${one.element.id}`);
        reveal(one.element);
        focusOn(one.element);
        one.element.scrollIntoView({ block: "start", behavior: "instant" });
      });
      const detail = document.createElement("span");
      detail.className = "s";
      detail.textContent = `${one.section} · ${one.detail}`;
      item.append(link, detail);
      const badge = one.element.querySelector(".rung");
      if (badge) item.append(badge.cloneNode(true));
      list.append(item);
    }
    const rest = document.createElement("p");
    rest.className = "sm dim";
    rest.textContent = matches.length > MOST ? `${matches.length - MOST} more: add a word.` : matches.length === 0 ? "Nothing matches. Escape leads back." : "";
    found.replaceChildren(heading, list, rest);
    if (scrollY > 0) scrollTo({ top: 0, behavior: "instant" });
  };
  const leave = () => {
    box.value = severity.value = rung.value = fix.value = "";
    search();
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  box.addEventListener("input", search);
  for (const one of [severity, rung, fix]) one.addEventListener("change", search);
  for (const link of all(".side nav a, a.skip")) link.addEventListener("click", () => !found.hidden && leave());
  // The text is read, and the way warmed, before the first letter is typed.
  (window.requestIdleCallback ?? setTimeout)(() => matching(["\u0000", "\u0000"], false));

  // Where the reader is, in the contents.
  const links = new Map(all("nav.toc a").map((link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const watcher = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        if (isIntersecting) seen.add(target.id);
        else seen.delete(target.id);
      }
      const here = [...links.keys()].find((id) => seen.has(id));
      for (const [id, link] of links) {
        if (id === here) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const id of links.keys()) {
    const section = byId(id);
    if (section) watcher.observe(section);
  }

  // j and k: the next and the previous finding or figure. / searches, Escape leads back.
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !found.hidden) {
      leave();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    if (event.key === "/") {
      event.preventDefault();
      box.focus();
      return;
    }
    if (event.key !== "j" && event.key !== "k") return;
    const stops = all(found.hidden ? "#ten, #rests, #where, [data-stop]" : "#found a").filter(
      (stop) => stop.parentElement.closest("details:not([open])") === null,
    );
    const active = document.activeElement;
    const here =
      active === document.body || active === null
        ? -1
        : stops.findLastIndex((stop) => stop === active || stop.contains(active) || stop.compareDocumentPosition(active) & 4);
    const next = stops[here + (event.key === "j" ? 1 : -1)];
    if (!next) return;
    focusOn(next);
    next.scrollIntoView({ block: "start" });
  });

  // A whole plan is drawn by PEV2, in a frame of its own, the first time that it is unfolded.
  const packed = byId("plan-page");
  const planPage = async () => {
    const bytes = Uint8Array.from(atob(packed.textContent.trim()), (character) => character.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  // As a string of JavaScript that cannot end its element; null when it is not JSON. PEV2 takes some of its text for HTML: no tag is left in it.
  const planOf = (plan) => {
    try {
      const inert = JSON.stringify(JSON.parse(plan.textContent)).replaceAll(/<(?=[a-z/!?])/gi, "<\u2060");
      return JSON.stringify(inert).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
    } catch {
      return null;
    }
  };
  for (const fold of all("details.whole")) {
    const plan = fold.querySelector("script.plan");
    if (!packed || !plan || !("DecompressionStream" in window)) continue;
    fold.addEventListener("toggle", async () => {
      const text = planOf(plan);
      if (!fold.open || text === null || fold.querySelector("iframe")) return;
      const frame = document.createElement("iframe");
      frame.title = fold.querySelector("summary").textContent;
      frame.setAttribute("sandbox", "allow-scripts");
      fold.querySelector("summary").after(frame);
      frame.srcdoc = (await planPage()).replace("/*PLAN*/", () => `window.plan = ${text}; document.documentElement.dataset.theme = "${shade()}";`);
    });
  }
})();
