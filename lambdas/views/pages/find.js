(() => {
  const block = document.getElementById("find-data");
  if (!block) return;
  const most = 50;
  const { fold, split, sums, needles, hasAmount } = findWords;
  const place = document.querySelector(".find");
  const field = place.querySelector("input");
  const said = place.querySelector("[role=status]");
  const results = place.querySelector(".results");
  const body = results.querySelector("tbody");
  const labels = [...results.querySelectorAll("th[scope=col]")].map((heading) => heading.textContent);
  const lists = ["types", "sellers", "orders", "statuses"];
  const places = { types: 2, sellers: 3, orders: 4, documents: 5, statuses: 6 };
  const firstAmount = 7;
  let data, count = 0;

  const prepare = (month) => {
    month.words = [month.period, ...fold(month.name).split(" ")];
    month.payerTexts = month.payers.map((payer) => fold(payer.join(" ")));
    month.texts = lists.map((name) => month[name].map(fold));
    month.codes = month.currencies.map(fold);
    month.ids = month.invoices.map((row) => fold(row[0]));
    month.sums = month.invoices.map((row) =>
      sums(row.slice(firstAmount).filter((_, index) => index % 2 === 0)));
  };
  const read = () => {
    if (data) return;
    data = JSON.parse(block.textContent);
    data.months.forEach(prepare);
  };
  const test = (month, word) => {
    const payers = month.payerTexts.map((text) => text.includes(word));
    const texts = month.texts.map((list) => list.map((text) => text.includes(word)));
    const code = month.codes.indexOf(word);
    const wanted = needles(word);
    const hasCode = (row) => row.some((one, at) =>
      at > firstAmount && at % 2 === 0 && one === code);
    const [types, sellers, orders, statuses] = texts;
    return (row, index) => payers[row[1]] || month.ids[index].includes(word) ||
      types[row[places.types]] || sellers[row[places.sellers]] || orders[row[places.orders]] ||
      statuses[row[places.statuses]] ||
      (wanted.length > 0 && hasAmount(month.sums[index], wanted)) || (code >= 0 && hasCode(row));
  };
  const search = (words) => {
    const exact = [], others = [];
    let count = 0;
    for (const month of data.months) {
      const tests = words.filter((word) => !month.words.includes(word))
        .map((word) => test(month, word));
      month.invoices.forEach((row, index) => {
        if (!tests.every((one) => one(row, index))) return;
        count += 1;
        const list = words.includes(month.ids[index]) ? exact : others;
        if (list.length < most) list.push([month, row]);
      });
    }
    return { count, first: [...exact, ...others].slice(0, most) };
  };

  const part = (tag, className, ...content) => {
    const one = document.createElement(tag);
    if (className) one.className = className;
    one.append(...content);
    return one;
  };
  const link = (href, text, label) => {
    const one = part("a", "", text);
    one.href = href;
    if (label) one.setAttribute("aria-label", label);
    return one;
  };
  const path = (key) => key.split("/").map(encodeURIComponent).join("/");
  const actions = (month, row) => {
    const name = month.documents[row[places.documents]];
    if (!name) return [];
    const prefix = month.document.replaceAll("*", () => month.payers[row[1]][0]);
    const key = path(prefix + name.replace("*", () => row[0]));
    const copy = new URL(key, location.href).href; // whole: this one stays in the copy
    return [
      part("li", "", link(copy, "This copy", "This copy of " + row[0])),
      part("li", "", link(data.console + key, "AWS console", row[0] + " in the AWS console")),
    ];
  };
  const amounts = (month, row) => {
    const found = [];
    for (let at = firstAmount; at < row.length; at += 2) {
      const kind = found.length ? "kind" : "";
      found.push(" ", part("span", kind, row[at] + " ", part("bdi", "", month.currencies[row[at + 1]])));
    }
    return found;
  };
  const line = ([month, row]) => {
    const page = path(data.page.replace("*", month.period));
    const [account, name] = month.payers[row[1]];
    const type = month.types[row[places.types]];
    const invoice = link(page + "#invoice-" + encodeURIComponent(row[0]), "");
    invoice.append(part("bdi", "", row[0]));
    const cells = [
      [link(page, month.name)],
      [part("bdi", "", name), " ", part("span", "id", account)],
      [invoice, ...(type === "Invoice" ? [] : [" ", part("span", "kind", part("bdi", "", type))])],
      [part("bdi", "", month.sellers[row[places.sellers]])],
      amounts(month, row),
      [part("bdi", "", month.orders[row[places.orders]])],
      [month.statuses[row[places.statuses]]],
      [part("ul", "open", ...actions(month, row))],
    ];
    return part("tr", "", ...cells.map((content, index) => {
      const cell = part("td", index === 4 ? "number" : "", ...content);
      if (!cell.textContent) {
        cell.textContent = "\u2013";
        cell.classList.add("missing");
      }
      cell.dataset.label = labels[index];
      return cell;
    }));
  };
  const sentence = (query) => {
    if (count === 0) return `No invoice matches \u201c${query}\u201d in ${data.scope}. ${data.absent}`;
    const found = count === 1 ? "1 invoice found." : count.toLocaleString("en") + " invoices found.";
    return count > most ? `${found} The first ${most} are shown. Add a word to find fewer.` : found;
  };
  const show = () => {
    const query = field.value.trim();
    if (query.length < 2) {
      results.hidden = true;
      said.textContent = "";
      return;
    }
    read();
    const found = search(split(query));
    count = found.count;
    said.textContent = sentence(query);
    body.replaceChildren(...found.first.map(line));
    results.hidden = !found.count;
    results.dispatchEvent(new Event("filled", { bubbles: true }));
  };
  const follow = () => {
    if (!location.hash.startsWith("#find=")) return;
    try {
      field.value = decodeURIComponent(location.hash.slice(6));
    } catch {
      return;
    }
    show();
    field.focus();
  };
  results.addEventListener("sorted", () => {
    if (count > most) said.textContent = `${sentence(field.value.trim())} Only these ${most} are sorted.`;
  });
  field.addEventListener("input", show);
  field.addEventListener("focus", read);
  // A reader who comes back from a month finds the same results.
  field.addEventListener("change", () => {
    history.replaceState(null, "", field.value ? "#find=" + encodeURIComponent(field.value) : "#");
  });
  field.addEventListener("keydown", (event) => {
    const first = body.querySelector("a[href*='#invoice-']");
    if (event.key === "Enter" && first && !results.hidden) first.focus();
  });
  addEventListener("hashchange", follow);
  place.previousElementSibling.hidden = true; // the note for readers without scripts
  place.hidden = false;
  follow();
})();
