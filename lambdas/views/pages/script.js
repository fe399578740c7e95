(() => {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(".folded:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened = [];
  });
  const list = document.querySelector(".payers");
  if (!list) return;
  // As the page writes it: the switch to the console changes the link itself.
  const overview = document.querySelector(".masthead nav a")?.getAttribute("href");
  const payers = [...list.children];
  const rows = [...list.querySelectorAll("[data-invoice]")];
  const payerOf = (row) => row.closest(".payer");
  const mark = (hits) => {
    for (const row of rows) row.classList.toggle("hit", hits.has(row));
  };
  const go = (place) => {
    const payer = place.closest(".payer");
    payer.hidden = false;
    payer.open = true;
    place.scrollIntoView({ block: place === payer ? "start" : "center" });
    if (place === payer) return;
    place.tabIndex = -1; // the next Tab reaches the row's documents
    place.focus({ preventScroll: true });
  };
  const anchor = () => {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return "";
    }
  };
  let hits = [], recount = () => {};
  const follow = () => {
    const wanted = anchor();
    const payer = payers.find((one) => one.id === wanted);
    const named = rows.filter((row) => "invoice-" + row.dataset.invoice === wanted);
    if (named.length) mark(new Set([...hits, ...named]));
    for (const place of [...named, payer].filter(Boolean).reverse()) go(place);
    recount();
  };
  addEventListener("hashchange", follow);
  // A second click on the same link changes no hash.
  addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) follow();
  });
  follow();
  if (payers.length < 2 && rows.length < 2) return;

  const { fold, split, needles, read: readText, hasAmount } = findWords;
  const mostOpened = 20;
  const bar = document.createElement("div");
  bar.className = "filter";
  bar.setAttribute("role", "search");
  const made = (name, label) => {
    const wrap = document.createElement("label");
    const caption = document.createElement("span");
    caption.textContent = label;
    const field = document.createElement(name);
    wrap.append(caption, field);
    bar.append(wrap);
    return field;
  };
  const words = made("input", "Find an invoice, amount, PO, payer account, file or finding");
  words.type = "search";
  const status = made("select", "Status");
  const statuses = [...new Set(payers.map((payer) => payer.dataset.verdict))];
  for (const name of ["All", ...statuses]) status.append(new Option(name));
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  bar.append(said);

  // Texts side by side, in cells or lines, are not one word.
  const textsIn = (place) => {
    const walk = document.createTreeWalker(place, NodeFilter.SHOW_TEXT), found = [];
    while (walk.nextNode()) found.push(walk.currentNode.data);
    return found.join(" ");
  };
  const hiddenIn = (place) => [place, ...place.querySelectorAll("[data-code], [data-invoice], a")]
    .flatMap((one) => [one.dataset.code, one.dataset.invoice, one.dataset.order,
      (one.getAttribute("href") || "").split("/").pop()]);
  const readOf = (place, name = "") => {
    const { text, sums } = readText(textsIn(place));
    const more = hiddenIn(place).filter(Boolean).join(" ");
    return { text: text + " " + fold(more) + " " + name, sums, name };
  };
  let texts;
  const read = () => {
    texts ??= {
      payers: payers.map((payer) => readOf(payer, fold(textsIn(payer.querySelector(".who"))))),
      rows: new Map(rows.map((row) => [row, readOf(row)])),
    };
  };
  const has = (one, word) => one.text.includes(word) || hasAmount(one.sums, needles(word));
  // Invoices that a word names, in a payer account that has the other words.
  const hitsIn = (payer, name, wanted) => [...payer.querySelectorAll("[data-invoice]")]
    .filter((row) => {
      const one = texts.rows.get(row);
      return wanted.every((word) => has(one, word) || name.includes(word)) &&
        wanted.some((word) => has(one, word) && !name.includes(word));
    });
  const sentence = (shown) => {
    const count = shown === payers.length ? "" : `${shown} of ${payers.length} payer accounts shown`;
    if (!hits.length) return count;
    const found = hits.length === 1 ? "1 invoice found" : `${hits.length} invoices found`;
    return `${found}${count && ", " + count}. Press Enter to go to the next one.`;
  };
  const say = (query, shown) => {
    said.textContent = shown ? sentence(shown)
      : `Nothing in this month matches \u201c${query}\u201d. `;
    if (shown || !query || !overview) return;
    const link = document.createElement("a");
    link.href = overview + "#find=" + encodeURIComponent(query);
    link.textContent = "Search all months";
    said.append(link, ".");
  };
  let at = -1, unfolded = [];
  const show = () => {
    const query = words.value.trim();
    const wanted = split(query);
    read();
    hits = [];
    at = -1;
    payers.forEach((payer, index) => {
      const of = texts.payers[index];
      const is = (status.selectedIndex === 0 || payer.dataset.verdict === status.value) &&
        wanted.every((word) => has(of, word));
      payer.hidden = !is;
      if (is && wanted.length) hits.push(...hitsIn(payer, of.name, wanted));
    });
    mark(new Set(hits));
    for (const one of unfolded) one.open = false;
    unfolded = hits.length > mostOpened ? []
      : [...new Set(hits.map(payerOf))].filter((payer) => !payer.open);
    for (const one of unfolded) one.open = true;
    recount();
  };
  recount = () => {
    say(words.value.trim(), payers.filter((payer) => !payer.hidden).length);
  };
  words.addEventListener("input", show);
  const next = (event) => {
    const isThere = event.target === words || event.target === hits[at];
    if (event.key !== "Enter" || !isThere || !hits.length) return;
    at = (at + 1) % hits.length;
    go(hits[at]);
  };
  words.addEventListener("keydown", next);
  list.addEventListener("keydown", next);
  status.addEventListener("change", show);
  list.before(bar);
})();
