// Takes screenshots for the documentation: node tests/browser/picture.mjs FILE [PATH [WIDTHxHEIGHT]]

import { start } from "./setup.mjs";

const [file, path = "/?q=住房公积金 提取", size = "1200x760"] = process.argv.slice(2);
if (!file) throw new Error("usage: node tests/browser/picture.mjs FILE [PATH [WIDTHxHEIGHT]]");

const [width, height] = size.split("x").map(Number);
const site = await start();
const page = await site.open(path, { viewport: { width, height } });
await page.screenshot({ path: file });
await site.stop();
