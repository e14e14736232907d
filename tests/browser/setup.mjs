// Server of the sample records, and a browser that reports errors of its pages.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

const BINARY = resolve(process.env.BINARY ?? "target/debug/gongkai");
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// First run: `gongkai` without a command indexes the sample and prints its address on stdout.
async function serve() {
  const data = await mkdtemp(join(tmpdir(), "gongkai-browser-"));
  const child = spawn(BINARY, ["--data", data], {
    env: { ...process.env, GONGKAI_SERVER__LISTEN: "127.0.0.1:0", GONGKAI_LOG: "warn" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const printed = once(createInterface(child.stdout), "line");
  const first = await Promise.race([printed, ended.then(([code]) => Promise.reject(new Error(`${BINARY} ended with ${code}`)))]);
  const stop = async () => {
    child.kill("SIGTERM");
    const [code] = await ended;
    await rm(data, { recursive: true });
    return code;
  };
  return { url: first[0].replace(/\/$/, ""), stop };
}

export async function start() {
  const executablePath = BROWSERS.find((path) => existsSync(path));
  if (!executablePath) throw new Error(`no browser; looked for ${BROWSERS.join(", ")}`);
  const server = await serve();
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
  return {
    url: server.url,
    // Opens a page; `troubles` collects errors that no page may cause.
    async open(path, options = {}) {
      const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1280, height: 900 }, ...options });
      context.setDefaultTimeout(20_000);
      const page = await context.newPage();
      page.troubles = watch(page, server.url);
      await page.goto(server.url + path);
      return page;
    },
    async stop() {
      await browser.close();
      return server.stop();
    },
  };
}

function watch(page, url) {
  const troubles = [];
  // The browser logs answers of 400 and 404 as errors; the tests check the status instead.
  const expected = (text) => /status of 40[04] /.test(text);
  page.on("console", (message) => {
    const text = message.text();
    if (["error", "warning"].includes(message.type()) && !expected(text)) troubles.push(`console: ${text}`);
  });
  page.on("pageerror", (error) => troubles.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    // Completions that are under way when the page is left are cut off by the browser.
    if (request.failure()?.errorText === "net::ERR_ABORTED" && request.url().includes("/suggest?")) return;
    troubles.push(`failed: ${request.url()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`)) troubles.push(`another host: ${request.url()}`);
  });
  return troubles;
}
