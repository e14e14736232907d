// What readers do, with scripts and without: the pages must not need any.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { start } from "./setup.mjs";

let site;
before(async () => (site = await start()));
after(async () => assert.equal(await site?.stop(), 0, "the server ends cleanly"));

const total = async (page) => Number((await page.locator(".summary strong").innerText()).replaceAll(",", ""));
const titles = (page) => page.locator(".hits h2").allInnerTexts();

async function search(page, words) {
  await page.getByRole("searchbox").fill(words);
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
    journey("the first page shows what there is", "/", async (page) => {
      assert.match(await page.locator(".summary").innerText(), /馆藏 \d+ 条/);
      assert.equal(await page.locator(".hits li").count(), 10);
      assert.ok((await page.locator(".facets summary").count()) >= 5);
    });

    journey("words find records and are marked in them", "/", async (page) => {
      await search(page, "住房公积金");
      assert.ok((await total(page)) >= 5);
      assert.match(await titles(page).then((all) => all[0]), /公积金/);
      assert.ok((await page.locator(".hits mark").count()) > 5);
      assert.equal(await page.getByRole("searchbox").inputValue(), "住房公积金");
      assert.match(await page.title(), /^住房公积金/);
    });

    journey("a facet keeps its promise and can be taken back", "/?q=通知", async (page) => {
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

    journey("filters stay with a new search", "/?q=通知&kind=policy", async (page) => {
      await search(page, "办法");
      assert.match(page.url(), /kind=policy/);
      assert.equal(await page.locator(".chosen a").count(), 1);
    });

    journey("the next page goes on, the last page ends", "/?q=公开", async (page) => {
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

    journey("a hit opens as a record, and back leads to the hits", "/?q=养老", async (page) => {
      const [title] = await titles(page);
      await page.locator(".hits h2 a").first().click();
      await page.locator("article").waitFor();
      assert.equal(await page.locator("h1").innerText(), title);
      assert.ok((await page.locator("article").innerText()).length > 50);
      assert.match(await page.locator(".known").innerText(), /发布机构/);
      await page.goBack();
      assert.equal((await titles(page))[0], title);
    });

    journey("the order can be changed", "/?q=通知", async (page) => {
      await page.getByRole("link", { name: "最新发布" }).click();
      await page.locator(".orders [aria-current]", { hasText: "最新发布" }).waitFor();
      const dates = await page.locator(".hits time").evaluateAll((all) => all.map((time) => time.dateTime).filter(Boolean));
      assert.ok(dates.length > 0);
    });

    journey("nothing found says what was searched", "/", async (page) => {
      await search(page, "“喀什米尔羊绒围巾”");
      assert.equal(await page.locator(".hits li").count(), 0);
      assert.match(await page.locator(".nothing").innerText(), /已检索全部 \d+ 条记录/);
    });
  });
}

describe("what is wrong is said on a page", () => {
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
      assert.match(await page.locator("main").innerText(), new RegExp(word));
      await page.getByRole("link", { name: "回到检索" }).click();
      await page.getByRole("searchbox").waitFor();
      assert.deepEqual(page.troubles, []);
      await page.context().close();
    });
  }
});

test("whatever is typed is answered and stays in the box", async () => {
  const typed = ["[", "(", "/", "~", "!", "AND", '"', "“", "《条例", "收费标准!", "的", "😀", "<b>公开</b>", "公开".repeat(200), "a\u00a0b", "％＆"];
  const page = await site.open("/");
  for (const text of typed) {
    const response = await page.goto(`${site.url}/?q=${encodeURIComponent(text)}`);
    assert.equal(response.status(), 200, text);
    assert.equal(await page.getByRole("searchbox").inputValue(), text);
    assert.equal(await page.locator("b").count(), 0, "markup that was typed is text");
  }
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});
