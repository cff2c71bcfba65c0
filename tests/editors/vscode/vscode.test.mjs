// The extension in the real VS Code: what a user sees of it, from the first start on. Steps build on each other, so they
// run in one session, which is tried once more as a whole when one of them fails. Screens are kept in the folder `shots`.

import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { SHOTS, editing, until } from "./editor.mjs";

const TRIES = 2;
const QUESTION = "How does the server start?";
const ANSWER = "It binds the port first, then waits for clients (`app/server.py:4-9`).";

const FILES = {
    "app/server.py": `"""Serves."""


class Server:
    """Answers requests."""

    def start(self, port: int) -> None:
        """Listen on a port."""
        self.port = port


def main() -> None:
    Server().start(8000)
`,
    // Enough for an index run that takes a second.
    ...Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`parts/part_${n}.py`, part(n)])),
};
const LONG_QUESTION = "What is the whole story of the server?";
const DOCUMENTED = "Starts the server on port 8000.";
const EXPLAINED = "It keeps the port for later.";
const RULES = [
    ["Explain the excerpt that is noted", `${EXPLAINED} See \`app/server.py:4-9\`.`],
    ["Write the documentation of the definition", "```\n" + DOCUMENTED + "\n```"],
    [LONG_QUESTION, "Once upon a time there was a server.", "held"], // its prompt holds the turns before, too
    [QUESTION, ANSWER],
];

const STEPS = {
    "says how to mend it when the server is not installed": async ({ page }) => {
        const toast = page.locator(".notification-toast", { hasText: "DT6 can't find the program" });
        await toast.waitFor();
        assert.match(await toast.innerText(), /dt6\.server\.command/);
        await status(page, /not installed/);
    },

    "starts when it is installed, and shows progress while it indexes": async ({ page, install }) => {
        await install();
        await page.locator(".notification-toast").getByRole("button", { name: "Try again" }).click();
        await until(() => said(page, /DT6.* \d+\/\d+ (files|vectors)/), "progress in the status bar");
    },

    "asks no model in a workspace that is not trusted, and one as soon as it is": async ({ page }) => {
        await status(page, /DT6: no model/);
        await command(page, "Workspaces: Manage Workspace Trust");
        await page.locator(".workspace-trust-editor").getByRole("button", { name: "Trust", exact: true }).click();
        await status(page, /DT6: llama3\.2/);
    },

    "shows what hover knows": async ({ page }) => {
        await openFile(page, "app", "server.py");
        await goTo(page, "7:11");
        await command(page, "Show or Focus Hover");
        const hover = page.locator(".monaco-hover:visible");
        await hover.getByText("Listen on a port.").waitFor();
        assert.match(await hover.first().innerText(), /start\(self, port: int\)/);
    },

    "shows what a code action would change, and changes it after a yes": async ({ page, workspace }) => {
        await page.keyboard.press("Escape"); // the hover
        await goTo(page, "12:5");
        await act(page, "DT6: document `main`");
        // VS Code ticks no change that it asks about: that is the yes.
        await page.locator(".monaco-list-row", { hasText: DOCUMENTED }).locator("input[type=checkbox]").check();
        await page.getByRole("button", { name: "Apply", exact: true }).click();
        await page.locator(".view-line", { hasText: `"""${DOCUMENTED}"""` }).first().waitFor();
        await command(page, "File: Save");
        const saved = () => readFile(join(workspace, "app", "server.py"), "utf8");
        await until(async () => (await saved()).includes(`def main() -> None:\n    """${DOCUMENTED}"""\n`), "the saved edit");
    },

    "answers a question beside the code": async ({ page }) => {
        const answer = await ask(page, QUESTION);
        await answer.getByText("It binds the port first").waitFor();
        await answer.getByText("by llama3.2").waitFor();
    },

    "opens what an answer cites": async ({ page }) => {
        await command(page, "View: Close All Editors");
        const answer = await ask(page, QUESTION);
        await answer.getByRole("link", { name: "app/server.py:4-9" }).click();
        await page.locator(".tab.active", { hasText: "server.py" }).waitFor();
        await page.locator(".statusbar-item", { hasText: "Ln 4," }).waitFor();
    },

    "shows an answer while it is written, and stops it": async ({ page }) => {
        await command(page, "View: Close All Editors");
        const answer = await ask(page, LONG_QUESTION);
        await answer.getByText("Once").waitFor();
        await page.locator(".notification-toast", { hasText: "DT6: answering" }).getByRole("button", { name: "Cancel" }).click();
        await answer.getByText("Stopped.").waitFor();
    },

    "explains the code at the cursor, also in hovers from then on": async ({ page }) => {
        await command(page, "View: Close All Editors");
        await openFile(page, "app", "server.py");
        await goTo(page, "7:11");
        await command(page, "DT6: Explain");
        await answerPage(page).getByText(EXPLAINED).waitFor();
        await answerPage(page).getByRole("link", { name: /app\/server\.py/ }).first().waitFor();
        await page.locator(".tab.active", { hasText: "server.py" }).waitFor();
        await page.keyboard.press("Escape");
        await command(page, "Show or Focus Hover");
        await page.locator(".monaco-hover:visible").getByText(EXPLAINED).waitFor();
    },

    "lists who uses a definition, in the editor's own view": async ({ page }) => {
        await page.keyboard.press("Escape"); // the hover
        await page.locator(".codelens-decoration a", { hasText: "used by 1" }).first().click();
        await page.locator(".peekview-widget .monaco-list-row", { hasText: "Server().start(8000)" }).waitFor();
    },

    "finds by meaning, and opens what was found": async ({ page }) => {
        await page.keyboard.press("Escape"); // the view of references
        await command(page, "View: Close All Editors");
        await command(page, "DT6: Search");
        await submit(page, "Words, a name, or what the code does", "listen on a port");
        await page.locator(".quick-input-list .monaco-list-row", { hasText: "app/server.py" }).first().waitFor();
        await page.keyboard.press("Enter");
        await page.locator(".tab.active", { hasText: "server.py" }).waitFor();
    },

    "lists the models that can answer, and has one of them do it": async ({ page }) => {
        await command(page, "DT6: Switch Model");
        const rows = page.locator(".quick-input-list .monaco-list-row");
        await rows.filter({ hasText: "llama3.2" }).waitFor();
        assert.equal(await rows.filter({ hasText: "nomic-embed-text" }).count(), 0, "it makes vectors only");
        await page.locator(".quick-input-widget input[type=text]").fill("llama");
        await page.keyboard.press("Enter");
        await rows.first().waitFor({ state: "hidden" });
        await status(page, /DT6: llama3\.2/);
    },

    "tells the architecture and the figures": async ({ page }) => {
        await command(page, "DT6: Architecture");
        await answerPage(page).getByText("What is the architecture of this workspace?").waitFor();
        await answerPage(page).getByText("by llama3.2").waitFor();
        await command(page, "DT6: Stats");
        await answerPage(page).getByText("401").first().waitFor();
    },

    "starts the server anew": async ({ page }) => {
        await page.evaluate(() => (globalThis.statusTexts = []));
        await command(page, "DT6: Restart Server");
        await until(() => said(page, /DT6: stopped/), "the end of the server");
        await status(page, /DT6: llama3\.2/);
    },
};

function part(number) {
    const functions = Array.from({ length: 12 }, (_, n) => `def part_${number}_${n}(count: int) -> int:`);
    return functions.map((head, n) => `${head}\n    """Counts on from ${n}."""\n    return count + ${n}\n`).join("\n\n");
}

async function command(page, name) {
    await page.keyboard.press("F1");
    const box = page.locator(".quick-input-widget input[type=text]");
    await box.fill(`>${name}`);
    await page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().waitFor();
    await page.keyboard.press("Enter");
}

async function openFile(page, folder, name) {
    const row = (text) => page.locator(".explorer-folders-view .monaco-list-row", { hasText: text });
    if (!(await row(name).isVisible())) {
        await row(folder).click();
    }
    await row(name).dblclick();
    await page.locator(".tab.active", { hasText: name }).waitFor();
}

async function goTo(page, place) {
    await page.keyboard.press("Control+g");
    await page.locator(".quick-input-widget input[type=text]").fill(`:${place}`);
    const [line, column] = place.split(":");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: `line ${line} and character ${column}` }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".statusbar-item", { hasText: `Ln ${line}, Col ${column}` }).waitFor();
}

/** Chooses a code action at the cursor, by the keyboard: the menu swallows clicks. */
async function act(page, title) {
    const rows = page.locator(".action-widget .monaco-list-row");
    const row = rows.filter({ hasText: title });
    await until(async () => {
        await page.keyboard.press("Control+.");
        return row.waitFor({ timeout: 4_000 }).then(() => true, () => false);
    }, title);
    await until(async () => {
        if (await row.evaluate((element) => element.classList.contains("focused"))) {
            return true;
        }
        await page.keyboard.press("ArrowDown");
        return false;
    }, `the focus on ${title}`);
    await page.keyboard.press("Enter");
}

/** Asks, and gives the page of the answer. */
async function ask(page, question) {
    await command(page, "DT6: Ask");
    await submit(page, "Ask about this workspace", question);
    return answerPage(page);
}

function answerPage(page) {
    return page.frameLocator("iframe.webview.ready").last().frameLocator("iframe#active-frame");
}

/** Types into the field with this prompt. */
async function submit(page, prompt, text) {
    await page.locator(".quick-input-widget", { hasText: prompt }).waitFor();
    const box = page.locator(".quick-input-widget input[type=text]");
    await box.fill(text);
    await box.press("Enter");
}

async function status(page, text) {
    await page.locator(".statusbar-item", { hasText: text }).first().waitFor();
}

async function said(page, text) {
    const texts = await page.evaluate(() => globalThis.statusTexts);
    return texts.some((each) => text.test(each));
}

/** How each step ended: undefined where it passed, else the error. A step after one that failed does not run. */
async function session(number) {
    const ends = new Map();
    await editing({ files: FILES, rules: RULES }, async (editor) => {
        for (const [index, [name, step]] of Object.entries(STEPS).entries()) {
            const shot = `vscode-${index + 1}-${name.replaceAll(/\W+/g, "-")}`;
            try {
                await step(editor);
                ends.set(name, undefined);
            } catch (error) {
                ends.set(name, error);
                await editor.page.screenshot({ path: join(SHOTS, `${shot}-failed-${number}.png`) });
                return;
            }
            await editor.page.screenshot({ path: join(SHOTS, `${shot}.png`) });
        }
    }).catch((error) => {
        const names = Object.keys(STEPS);
        ends.set(names.find((name) => !ends.has(name)) ?? names.at(-1), error); // the last one, when only the end failed
    });
    return ends;
}

await mkdir(SHOTS, { recursive: true });
for (const name of (await readdir(SHOTS)).filter((each) => each.startsWith("vscode-"))) {
    await rm(join(SHOTS, name));
}
let ends = new Map();
for (let number = 1; number <= TRIES; number++) {
    ends = await session(number);
    const failed = [...ends].find(([, error]) => error !== undefined);
    if (failed === undefined) {
        break;
    }
    console.error(`Try ${number} of ${TRIES}: ${failed[0]}: ${failed[1]?.stack}`);
}
for (const name of Object.keys(STEPS)) {
    test(name, () => {
        assert.ok(ends.has(name), "It did not run: a step before it failed.");
        if (ends.get(name) !== undefined) {
            throw ends.get(name);
        }
    });
}
