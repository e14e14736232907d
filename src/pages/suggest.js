// Completions under the search box, from /api/v1/suggest, by the pattern of a combobox with
// a list. Without this file the box works as before. While an input method composes, nothing
// is asked and no key is taken: Enter then chooses characters, not an offer.
(() => {
  "use strict";
  const box = document.getElementById("q");
  if (!box || !box.form) return;
  const LABELS = { title: "标题", issuer: "机构", term: "用语", short_name: "简称", word: "" };
  const WAIT = 120;
  // Found from where this file is, which may lie below a path.
  const OFFERS = new URL("../api/v1/suggest", document.currentScript.src);
  const list = document.createElement("ul");
  const told = document.createElement("p");
  list.id = "offers";
  list.className = "offers";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "检索建议");
  told.className = "hidden";
  told.setAttribute("role", "status");
  box.after(list);
  box.form.after(told);
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");

  let chosen = -1;
  let typed = box.value;
  let asked = 0;
  let timer = 0;
  let composing = false;

  const options = () => Array.from(list.children);
  const open = () => !list.hidden;

  function close() {
    asked += 1;
    clearTimeout(timer);
    list.hidden = true;
    chosen = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function choose(at) {
    const all = options();
    chosen = at < -1 ? all.length - 1 : at >= all.length ? -1 : at;
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === chosen)));
    if (chosen < 0) {
      box.value = typed;
      box.removeAttribute("aria-activedescendant");
    } else {
      box.value = all[chosen].dataset.text;
      box.setAttribute("aria-activedescendant", all[chosen].id);
      all[chosen].scrollIntoView({ block: "nearest" });
    }
  }

  function option(offer, i) {
    const item = document.createElement("li");
    const text = document.createElement("bdi");
    const sort = document.createElement("span");
    item.id = `offer-${i}`;
    item.dataset.text = offer.text;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const characters = Array.from(offer.text);
    const [from, to] = offer.matched;
    const mark = document.createElement("mark");
    // Controls of direction stay in the offer, but not on the page, where they could reorder it.
    const shown = (part) => part.join("").replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
    mark.textContent = shown(characters.slice(from, to));
    text.append(shown(characters.slice(0, from)), mark, shown(characters.slice(to)));
    sort.className = "sort";
    sort.textContent = LABELS[offer.kind] || "";
    item.append(text, sort);
    return item;
  }

  function show(offers) {
    list.replaceChildren(...offers.map(option));
    chosen = -1;
    list.hidden = offers.length === 0;
    box.setAttribute("aria-expanded", String(open()));
    box.removeAttribute("aria-activedescendant");
    told.textContent = open() ? `${offers.length} 条建议，用上下键选择` : "";
  }

  async function ask() {
    typed = box.value;
    const text = typed.trim();
    if (text === "") return close();
    const mine = ++asked;
    try {
      const reply = await fetch(`${OFFERS}?q=${encodeURIComponent(text)}`, { headers: { accept: "application/json" } });
      if (!reply.ok) return;
      const { suggestions } = await reply.json();
      // An answer that comes after the box was closed or changed is about something else.
      if (mine === asked && document.activeElement === box) show(suggestions);
    } catch {
      // Nobody misses an offer that could not be fetched.
    }
  }

  function later() {
    clearTimeout(timer);
    if (!composing) timer = setTimeout(ask, WAIT);
  }

  box.addEventListener("compositionstart", () => { composing = true; });
  box.addEventListener("compositionend", () => { composing = false; later(); });
  box.addEventListener("input", later);
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    // 229: Safari ends the composition before the key that ended it is told.
    if (composing || event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" && !open()) { event.preventDefault(); ask(); return; }
    if (!open()) return;
    if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen - 1); }
    else if (event.key === "Escape") { event.preventDefault(); box.value = typed; close(); }
    else if (event.key === "Enter" || event.key === "Tab") close();
  });
  // Before blur, which would close the list under the pointer.
  list.addEventListener("mousedown", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    event.preventDefault();
    box.value = item.dataset.text;
    close();
    box.form.requestSubmit();
  });
})();
