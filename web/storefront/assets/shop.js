// The shop works without this file. It saves clicks: totals that follow the form, a picker that follows its radios,
// suggestions that follow the keys.
"use strict";
document.documentElement.classList.add("js");

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// The number beside the cart, on pages that are the same for everyone.
const badge = document.querySelector("[data-cart-count]");
if (badge && /(^|; )has_cart=1/.test(document.cookie)) {
  fetch("/cart/count", { headers: { accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : { count: 0 }))
    .then(({ count }) => {
      if (!count) return;
      const words = document.createElement("span");
      words.className = "visually-hidden";
      words.textContent = " " + badge.dataset.cartCount;
      badge.replaceChildren(String(count), words);
      badge.hidden = false;
    })
    .catch(() => {});
}

// Selects and numbers that apply themselves.
for (const form of all("form[data-auto-submit]")) {
  form.addEventListener("change", () => {
    if (form.checkValidity()) form.requestSubmit();
  });
}

// Suggestions under the search box, as a combobox: arrows choose, Enter goes, Escape folds them away.
const search = document.querySelector("form[data-suggest]");
if (search) {
  const box = search.elements.q;
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", search.dataset.suggestions);
  search.append(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
    box.setAttribute(name, value);
  }
  const money = (price) => {
    const format = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: price.currency });
    return format.format(price.amount_minor / 10 ** format.resolvedOptions().maximumFractionDigits);
  };
  const text = (content, className = "") => Object.assign(document.createElement("span"), { textContent: content, className });
  let chosen = -1;
  let typed = box.value;
  let turn = 0;
  const choose = (place) => {
    const options = [...list.children];
    chosen = options.length ? (place + options.length + 1) % (options.length + 1) : options.length;
    if (chosen === options.length) chosen = -1;
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === chosen)));
    if (chosen < 0) box.removeAttribute("aria-activedescendant");
    else box.setAttribute("aria-activedescendant", options[chosen].id);
    box.value = options[chosen]?.dataset.query ?? typed;
    options[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const unfold = (open) => {
    list.hidden = !open || !list.children.length;
    box.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) choose(-1);
  };
  const go = (option) => {
    if (option.dataset.url) return location.assign(option.dataset.url);
    box.value = option.dataset.query;
    search.requestSubmit();
  };
  const option = (dataset, ...content) => {
    const item = document.createElement("li");
    item.id = `suggestion-${list.children.length}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    Object.assign(item.dataset, dataset);
    item.append(...content);
    item.addEventListener("pointerdown", (event) => event.preventDefault());
    item.addEventListener("click", () => go(item));
    list.append(item);
  };
  const ask = async () => {
    const now = ++turn;
    typed = box.value;
    if (!typed.trim()) return unfold(false);
    try {
      const answer = await fetch(`${search.dataset.suggest}&q=${encodeURIComponent(typed)}`);
      if (!answer.ok || now !== turn) return;
      const { completions, products } = await answer.json();
      if (now !== turn) return;
      list.replaceChildren();
      for (const query of completions) option({ query }, text(query));
      for (const product of products) {
        const picture = document.createElement("img");
        picture.alt = "";
        picture.src = product.image?.sizes[0]?.url ?? product.image?.url ?? "";
        const parts = product.image ? [picture] : [];
        option({ url: search.dataset.products + product.handle }, ...parts, text(product.title), text(money(product.price_min), "price"));
      }
      choose(-1);
      unfold(document.activeElement === box);
    } catch {
      // Without suggestions the form still searches.
    }
  };
  let pause;
  box.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(ask, 120);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return unfold(true);
      choose(chosen < 0 && event.key === "ArrowUp" ? list.children.length - 1 : chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      go(list.children[chosen]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      unfold(false);
    }
  });
  box.addEventListener("blur", () => unfold(false));
}

// A second click while the first is on its way changes nothing; it would be the same order anyway.
for (const form of all("form[data-checkout]")) {
  const lock = (locked) => all("[data-once]", form).forEach((button) => { button.disabled = locked; });
  form.addEventListener("submit", () => setTimeout(() => lock(true)));
  addEventListener("pageshow", () => lock(false));
}

// Thumbnails move the pictures, not the page.
const show = (picture) => {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const reel = picture.parentElement;
  reel.scrollTo({ left: picture.offsetLeft - reel.offsetLeft, behavior: still ? "auto" : "smooth" });
};
for (const link of all(".thumbs a")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    show(document.getElementById(link.hash.slice(1)));
  });
}

// Price, stock and picture follow the chosen options.
const picker = document.querySelector("form[data-picker]");
if (picker) {
  const data = JSON.parse(picker.querySelector("[data-variants]").textContent);
  const price = picker.querySelector("[data-price]");
  const stock = picker.querySelector("[data-stock]");
  const add = picker.querySelector("[data-add]");
  const places = all(".option", picker).map((_, place) => `option-${place}`);
  const chosen = () => places.map((name) => new FormData(picker).get(name));
  const matching = (values) => data.variants.filter((v) => v.values.every((value, i) => values[i] === null || value === values[i]));
  const follow = (event) => {
    const values = chosen();
    for (const radio of all("input[type=radio]", picker)) {
      const place = Number(radio.name.slice(7));
      const others = values.map((value, i) => (i === place ? radio.value : value));
      radio.classList.toggle("unavailable", !matching(others).some((v) => v.available));
    }
    const variant = matching(values).find(() => !values.includes(null));
    if (variant) price.innerHTML = variant.price;
    stock.textContent = variant ? variant.stock : data.missing;
    stock.classList.toggle("out", !variant?.available);
    add.disabled = !variant?.available;
    add.textContent = variant && !variant.available ? data.sold_out : data.add;
    const picture = variant && document.getElementById(`image-${variant.image}`);
    if (event && picture) show(picture);
  };
  picker.addEventListener("change", follow);
  addEventListener("pageshow", () => follow());
}

// Country and shipping change the totals: ask for the same form again and take over what depends on them.
const checkout = document.querySelector("form[data-checkout]");
if (checkout) {
  let latest = 0;
  const requote = async () => {
    const turn = ++latest;
    const body = new URLSearchParams(new FormData(checkout));
    body.set("intent", "update");
    checkout.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(checkout.action, { method: "POST", body });
      if (!answer.ok || answer.redirected) return location.reload();
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (turn !== latest) return;
      for (const region of all("[data-region]", checkout)) {
        const next = fresh.getElementById(region.id);
        const focused = region.contains(document.activeElement) && document.activeElement;
        if (!next) continue;
        region.replaceChildren(...next.childNodes);
        if (focused) all("input", region).find((i) => i.name === focused.name && i.value === focused.value)?.focus();
      }
      for (const name of ["cart_version", "key"]) checkout.elements[name].value = fresh.querySelector(`[name=${name}]`).value;
    } catch {
      // Offline for a moment: the totals are checked again when the order is sent.
    } finally {
      if (turn === latest) checkout.removeAttribute("aria-busy");
    }
  };
  checkout.addEventListener("change", (event) => {
    if (event.target.matches("[data-requote]")) requote();
  });
}
