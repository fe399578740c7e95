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
  };
  const anchor = () => {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return "";
    }
  };
  const follow = () => {
    const wanted = anchor();
    const payer = payers.find((one) => one.id === wanted);
    const hits = rows.filter((row) => "invoice-" + row.dataset.invoice === wanted);
    if (hits.length) mark(new Set(hits));
    for (const place of [...hits, payer].filter(Boolean).reverse()) go(place);
  };
  addEventListener("hashchange", follow);
  follow();
  if (payers.length < 2 && rows.length < 2) return;

  const { fold, split, sums, needles, hasAmount } = findWords;
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

  const textOf = (place) => fold([
    place.textContent,
    ...[...place.querySelectorAll("a")].map((one) => one.getAttribute("href").split("/").pop()),
    ...[place, ...place.querySelectorAll("[data-code]")].map((one) => one.dataset.code || ""),
    ...[place, ...place.querySelectorAll("[data-order]")].map((one) => one.dataset.order || ""),
  ].join(" "));
  const sumsOf = (row) => sums([...row.querySelectorAll(".number")]
    .flatMap((one) => one.textContent.match(/\d[\d,]*(?:\.\d+)?/g) || []));
  let texts;
  const read = () => {
    texts ??= {
      payers: payers.map((payer) => ({
        text: textOf(payer),
        name: fold(payer.querySelector("summary").textContent),
        sums: [...payer.querySelectorAll("[data-invoice]")].map(sumsOf).join(""),
      })),
      rows: new Map(rows.map((row) => [row, { text: textOf(row), sums: sumsOf(row) }])),
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
  const overview = document.querySelector(".masthead nav a");
  const sentence = (query, shown, hits) => {
    const count = shown === payers.length ? "" : `${shown} of ${payers.length} payer accounts shown`;
    if (!hits) return count;
    const found = hits === 1 ? "1 invoice found" : `${hits} invoices found`;
    return `${found}${count && ", " + count}. Press Enter to go to the next one.`;
  };
  const say = (query, shown, hits) => {
    said.textContent = shown ? sentence(query, shown, hits)
      : `Nothing in this month matches \u201c${query}\u201d. `;
    if (shown || !query || !overview) return;
    const link = document.createElement("a");
    link.href = overview.getAttribute("href") + "#find=" + encodeURIComponent(query);
    link.textContent = "Search all months";
    said.append(link, ".");
  };
  let hits = [], at = -1, unfolded = [];
  const show = () => {
    const query = words.value.trim();
    const wanted = split(query);
    read();
    hits = [];
    at = -1;
    let shown = 0;
    payers.forEach((payer, index) => {
      const of = texts.payers[index];
      const is = (status.selectedIndex === 0 || payer.dataset.verdict === status.value) &&
        wanted.every((word) => has(of, word));
      payer.hidden = !is;
      shown += is;
      if (is && wanted.length) hits.push(...hitsIn(payer, of.name, wanted));
    });
    mark(new Set(hits));
    for (const one of unfolded) one.open = false;
    unfolded = hits.length > mostOpened ? []
      : [...new Set(hits.map(payerOf))].filter((payer) => !payer.open);
    for (const one of unfolded) one.open = true;
    say(query, shown, hits.length);
  };
  words.addEventListener("input", show);
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !hits.length) return;
    at = (at + 1) % hits.length;
    go(hits[at]);
  });
  status.addEventListener("change", show);
  list.before(bar);
})();
