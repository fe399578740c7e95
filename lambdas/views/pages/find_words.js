// The words of a search: letters without case and accents, amounts without separators.
const findWords = (() => {
  const fold = (text) => (/^[ -~]*$/.test(text) ? text
    : text.normalize("NFKD").replace(/\p{M}/gu, "")).toLowerCase();
  const codes = new Set(Intl.supportedValuesOf ? Intl.supportedValuesOf("currency") : []);
  // "jpy3303781" and "3303781jpy" as a currency and an amount; "inv3303781" is an id.
  const apart = (word) => {
    const [, before, number, after] = /^([a-z]{3})?(\d[\d.,'\u2019]*)([a-z]{3})?$/.exec(word) || [];
    const names = [before, after].filter(Boolean);
    if (!names.every((name) => codes.has(name.toUpperCase()))) return word;
    return names.length ? [number, ...names].join(" ") : word;
  };
  const split = (text) => {
    const found = fold(text.replace(/(\d)[\u00a0\u2009\u202f](?=\d)/g, "$1"))
      .split(/\s+/).map(apart).join(" ")
      .replace(/(^|[^\w.,'-])(\d{1,3}(?: \d{3})+)(?![\w-])/g, (all, before, number) =>
        before + number.replace(/ /g, ""))
      .split(" ").filter(Boolean);
    const named = found.filter((word) => !/^[a-z]{0,3}\p{Sc}+$/u.test(word));
    return named.length ? named : found; // a sign alone says too little, beside another word
  };
  const plain = (number) => {
    const [whole, rest = ""] = number.split(".");
    const digits = rest.replace(/0+$/, "");
    return (whole.replace(/^0+(?=\d)/, "") || "0") + (digits && "." + digits);
  };
  // Amounts as pages write them, "1,234.50", as "|1234.5|".
  const sums = (amounts) =>
    "|" + amounts.map((amount) => plain(amount.replace(/[^\d.]/g, "")) + "|").join("");
  // Amounts in a text: "1,234.50", "12.30", "607 JPY"; no part of an id or of an hour.
  const written = new RegExp("(^|[^\\w.,:-])(" +
    "\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\d+\\.\\d+|\\d{1,3}(?=\\s+[A-Z]{3}\\b)" +
    ")(?![\\w-]|[.,:]\\d)", "g");
  // Parts of such a text that a word stands for. A point or a comma may separate either.
  const needles = (word) => {
    const text = word.replace(/^(?:[+\-\u2212]|[a-z]{0,3}\p{Sc})+|\p{Sc}+$/gu, "")
      .replace(/['\u2019]/g, "");
    if (!/^\d[\d.,]*$|^[.,]\d+$/.test(text) || /^0\d/.test(text)) return []; // 0042 is an id
    const marks = text.replace(/\d/g, "");
    const mark = marks.slice(-1);
    const whole = plain(text.replace(/[.,]/g, ""));
    const found = [];
    if (mark && marks.indexOf(mark) === marks.length - 1) {
      const at = text.lastIndexOf(mark);
      const number = text.slice(0, at).replace(/[.,]/g, "") + "." + text.slice(at + 1);
      found.push("|" + plain(number) + "|");
    }
    const alike = [...marks].every((one) => one === mark);
    if (!mark || (alike && /[.,]\d{3}$/.test(text))) found.push("|" + whole + "|", "|" + whole + ".");
    return found;
  };
  // A text of a page, and the amounts in it, which are found whole: "234.50" is not "1,234.50".
  const read = (text) => {
    const found = [];
    const rest = text.replace(written, (all, before, amount) => {
      found.push(amount);
      return before;
    });
    return { text: fold(rest), sums: sums(found) };
  };
  const hasAmount = (text, wanted) => wanted.some((needle) => text.includes(needle));
  return { fold, split, sums, needles, read, hasAmount };
})();
