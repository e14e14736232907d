// Accessibility of every page by GB/T 37668 and the rules for elderly readers: size, contrast, keyboard.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";

import { start } from "./setup.mjs";

const MAIN_TEXT = ".hits h2, .snippet, article p, article h2, .known td, .nothing li, .warning, main > p, .facets a";
const TARGETS = "a[href], button, input:not([type=hidden]), select, summary";

const PAGES = {
  first: "/",
  results: "/?q=公开",
  filtered: "/?q=通知&kind=policy&validity=unknown",
  warned: "/?q=“公开",
  everyday: "/?q=五险一金",
  letters: "/?q=zwgk",
  empty: "/?q=“喀什米尔羊绒围巾”&kind=policy",
  record: null,
  wrong: "/?colour=red",
  missing: "/d/none",
};

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site;

before(async () => {
  site = await start();
  const page = await site.open("/?q=公积金 条例");
  PAGES.record = await page.locator(".hits h2 a").first().getAttribute("href");
  await page.context().close();
});
after(() => site?.stop());

async function on(path, options, look) {
  const page = await site.open(path, options);
  await look(page);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
}

for (const name of Object.keys(PAGES)) {
  describe(`${name} page`, () => {
    test("has no violation of the accessibility rules, contrast included", async () => {
      await on(PAGES[name], {}, async (page) => {
        await page.evaluate(axe);
        const found = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] }));
        const told = found.violations.map((rule) => `${rule.id}: ${rule.help}; ${rule.nodes.map((node) => node.html).join(" ")}`);
        assert.deepEqual(told, []);
        assert.ok(found.passes.some((rule) => rule.id === "color-contrast"), "contrast was measured");
      });
    });

    test("has main text of 18 px and no text below 16 px", async () => {
      await on(PAGES[name], {}, async (page) => {
        const small = await page.evaluate(smallTexts, MAIN_TEXT);
        assert.deepEqual(small, []);
      });
    });

    test("has click targets of 44 px", async () => {
      await on(PAGES[name], {}, async (page) => {
        await page.locator("details").evaluateAll((all) => all.forEach((details) => (details.open = true)));
        assert.deepEqual(await page.evaluate(smallTargets, TARGETS), []);
      });
    });

    test("does not scroll sideways at 320 px", async () => {
      await on(PAGES[name], { viewport: { width: 320, height: 640 } }, async (page) => {
        await page.locator("details").evaluateAll((all) => all.forEach((details) => (details.open = true)));
        const wide = await page.evaluate(() =>
          [...document.body.querySelectorAll("*:not(.skip)")]
            .filter((element) => element.getBoundingClientRect().right > 320.5)
            .map((element) => `${element.tagName} ${element.textContent.slice(0, 20)}`),
        );
        assert.deepEqual(wide, []);
        assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth), 320);
      });
    });
  });
}

function smallTexts(mainText) {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const small = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !element.checkVisibility() || element.closest(".hidden")) continue;
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < (element.closest(mainText) ? 18 : 16)) small.push(`${size} px: ${text.slice(0, 20)}`);
  }
  return small;
}

function smallTargets(targets) {
  return [...document.querySelectorAll(targets)]
    .filter((element) => element.checkVisibility() && !element.matches(".skip"))
    .map((element) => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ box }) => box.width < 44 || box.height < 44)
    .map(({ element, box }) => `${Math.round(box.width)}×${Math.round(box.height)}: ${element.outerHTML.slice(0, 80)}`);
}

const focused = (page) => page.evaluate(() => document.activeElement.outerHTML.slice(0, 60));

test("keyboard reaches the search box, searches and opens the first hit", async () => {
  await on("/", {}, async (page) => {
    assert.match(await focused(page), /id="q"/, "the box has the focus from the start");
    await page.keyboard.type("养老");
    await page.keyboard.press("Enter");
    await page.locator(".understood").first().waitFor();
    // The first focus stop of a page of hits skips to the hits.
    await page.keyboard.press("Tab");
    assert.match(await focused(page), /class="skip"/);
    await page.keyboard.press("Enter");
    let stops = 0;
    while (!(await page.evaluate(() => document.activeElement.matches(".hits h2 a")))) {
      assert.ok(++stops <= 8, "the first hit is near");
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.notEqual(outline, "none", "where the focus is can be seen");
    }
    await page.keyboard.press("Enter");
    await page.locator("article").waitFor();
  });
});
