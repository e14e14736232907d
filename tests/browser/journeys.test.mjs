// Journeys of readers, with and without scripts: the pages must not need any.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { start } from "./setup.mjs";

let site;
before(async () => (site = await start()));
after(async () => assert.equal(await site?.stop(), 0, "the server ends cleanly"));

const total = async (page) => Number((await page.locator(".summary strong").innerText()).replaceAll(",", ""));
const titles = (page) => page.locator(".hits h2").allInnerTexts();

async function search(page, words) {
  await page.locator("#q").fill(words);
  await page.getByRole("button", { name: "检索" }).click();
  await page.locator("#main").waitFor();
}

for (const javaScriptEnabled of [true, false]) {
  const journey = (name, path, steps) =>
    test(name, async () => {
      const page = await site.open(path, { javaScriptEnabled });
      await steps(page);
      assert.deepEqual(page.troubles, []);
      await page.context().close();
    });

  describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    journey("start page shows records and facets", "/", async (page) => {
      assert.match(await page.locator(".summary").innerText(), /馆藏 \d+ 条/);
      assert.equal(await page.locator(".hits li").count(), 10);
      assert.ok((await page.locator(".facets summary").count()) >= 5);
    });

    journey("search finds records and marks its words", "/", async (page) => {
      await search(page, "住房公积金");
      assert.ok((await total(page)) >= 5);
      assert.match(await titles(page).then((all) => all[0]), /公积金/);
      assert.ok((await page.locator(".hits mark").count()) > 5);
      assert.equal(await page.locator("#q").inputValue(), "住房公积金");
      assert.match(await page.title(), /^住房公积金/);
    });

    journey("facet filter gives its count and can be removed", "/?q=通知", async (page) => {
      const all = await total(page);
      const choice = page.locator(".facets a:not(.on)", { hasText: "公文信息" });
      const promised = Number(await choice.locator(".count").innerText());
      await choice.click();
      await page.locator(".chosen").waitFor();
      assert.equal(await total(page), promised);
      assert.ok(promised < all);
      await page.locator(".chosen a").click();
      await page.locator(".chosen").waitFor({ state: "detached" });
      assert.equal(await total(page), all);
    });

    journey("filters stay for a new search", "/?q=通知&kind=policy", async (page) => {
      await search(page, "办法");
      assert.match(page.url(), /kind=policy/);
      assert.equal(await page.locator(".chosen a").count(), 1);
    });

    journey("next links lead to the last page", "/?q=公开", async (page) => {
      const first = await titles(page);
      await page.getByRole("link", { name: "下一页" }).click();
      await page.getByRole("link", { name: "上一页" }).waitFor();
      assert.match(await page.locator(".summary").innerText(), /第 11–/);
      assert.notDeepEqual(await titles(page), first);
      await page.goBack();
      assert.deepEqual(await titles(page), first);
      const last = Math.ceil((await total(page)) / 10);
      await page.goto(`${site.url}/?q=公开&page=${last}`);
      assert.equal(await page.getByRole("link", { name: "下一页" }).count(), 0);
    });

    journey("hit opens its record, and back returns to the hits", "/?q=养老", async (page) => {
      const [title] = await titles(page);
      await page.locator(".hits h2 a").first().click();
      await page.locator("article").waitFor();
      assert.equal(await page.locator("h1").innerText(), title);
      assert.ok((await page.locator("article").innerText()).length > 50);
      assert.match(await page.locator(".known").innerText(), /发布机构/);
      await page.goBack();
      assert.equal((await titles(page))[0], title);
    });

    journey("sort order can be changed", "/?q=通知", async (page) => {
      await page.getByRole("link", { name: "最新发布" }).click();
      await page.locator(".orders [aria-current]", { hasText: "最新发布" }).waitFor();
      const dates = await page.locator(".hits time").evaluateAll((all) => all.map((time) => time.dateTime).filter(Boolean));
      assert.ok(dates.length > 0);
    });

    journey("empty result shows the parsed query", "/", async (page) => {
      await search(page, "“喀什米尔羊绒围巾”");
      assert.equal(await page.locator(".hits li").count(), 0);
      assert.match(await page.locator(".nothing").innerText(), /已检索全部 \d+ 条记录/);
    });
  });
}

describe("errors are shown on pages", () => {
  const cases = [
    ["/?colour=red", 400, "colour"],
    ["/?year=abc", 400, "year"],
    ["/?page=100000", 400, "page"],
    ["/d/none", 404, "没有找到"],
  ];
  for (const [path, status, word] of cases) {
    test(path, async () => {
      const page = await site.open("/");
      const response = await page.goto(site.url + path);
      assert.equal(response.status(), status);
      assert.match(response.headers()["content-type"], /^text\/html/);
      const told = await page.locator("main").innerText();
      assert.match(told, new RegExp(word));
      assert.doesNotMatch(told, /expected|unknown/, "readers are told in Chinese");
      await page.getByRole("link", { name: "回到检索" }).click();
      await page.locator("#q").waitFor();
      assert.deepEqual(page.troubles, []);
      await page.context().close();
    });
  }
});

test("any query is answered and stays in the box", async () => {
  const typed = ["[", "(", "/", "~", "!", "AND", '"', "“", "《条例", "收费标准!", "的", "😀", "<b>公开</b>", "公开".repeat(200), "a\u00a0b", "％＆"];
  const page = await site.open("/");
  for (const text of typed) {
    const response = await page.goto(`${site.url}/?q=${encodeURIComponent(text)}`);
    assert.equal(response.status(), 200, text);
    assert.equal(await page.locator("#q").inputValue(), text);
    assert.equal(await page.locator("b").count(), 0, "markup that was typed is text");
  }
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

describe("completions in the search box", () => {
  async function typing(text, look, options = {}) {
    const page = await site.open("/", options);
    const box = page.locator("#q");
    await box.pressSequentially(text);
    await look(page, box);
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  }

  test("are offered while typing and chosen by keys", async () => {
    await typing("zhengce", async (page, box) => {
      const offers = page.getByRole("option");
      await offers.first().waitFor();
      assert.equal(await box.getAttribute("aria-expanded"), "true");
      await box.press("ArrowDown");
      const first = await offers.first().getAttribute("data-text");
      assert.equal(await box.inputValue(), first);
      assert.equal(await box.getAttribute("aria-activedescendant"), await offers.first().getAttribute("id"));
      assert.equal(await offers.first().getAttribute("aria-selected"), "true");
      await box.press("ArrowUp");
      assert.equal(await box.inputValue(), "zhengce", "what was typed comes back");
      await box.press("ArrowDown");
      await box.press("Enter");
      await page.waitForURL(/q=/);
      assert.equal(await page.locator("#q").inputValue(), first);
    });
  });

  test("are closed by Escape and chosen with the pointer", async () => {
    await typing("公积金", async (page, box) => {
      const offers = page.getByRole("option");
      await offers.first().waitFor();
      await box.press("Escape");
      await page.getByRole("listbox").waitFor({ state: "hidden" });
      assert.equal(await box.inputValue(), "公积金");
      await box.press("ArrowDown");
      await offers.first().waitFor();
      const chosen = await offers.first().getAttribute("data-text");
      await offers.first().click();
      await page.waitForURL(/q=/);
      assert.equal(await page.locator("#q").inputValue(), chosen);
    });
  });

  test("have no accessibility violation and ignore input composition", async () => {
    await typing("公积金", async (page, box) => {
      await page.getByRole("option").first().waitFor();
      const small = await page.getByRole("option").evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height < 44).length);
      assert.equal(small, 0);
      assert.equal(await page.getByRole("combobox").getAttribute("aria-controls"), await page.getByRole("listbox").getAttribute("id"));
      const url = page.url();
      await box.dispatchEvent("compositionstart");
      await box.dispatchEvent("keydown", { key: "ArrowDown", keyCode: 229, isComposing: true });
      assert.equal(await box.inputValue(), "公积金", "keys belong to the input method while it composes");
      assert.equal(page.url(), url);
    });
  });
});
