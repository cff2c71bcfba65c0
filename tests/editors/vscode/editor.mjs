// A real VS Code for tests: code-server with the packaged extension, seen in headless Chromium, with folders of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const HERE = dirname(fileURLToPath(import.meta.url));
export const PROJECT = resolve(HERE, "../../..");
export const SHOTS = resolve(HERE, "../shots");
export const PATIENCE_MS = 120_000;

const PYTHON = join(PROJECT, ".venv", "bin", "python");
const CODE_SERVER = join(needed("CODE_SERVER"), "node_modules", "code-server", "out", "node", "entry.js");
const VSIX = needed("VSIX");
const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
const SERVER_FLAGS = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"];

function needed(name) {
    const value = process.env[name];
    if (!value) {
        throw new Error(`${name} is not set. \`make test-vscode\` sets it.`);
    }
    return value;
}

/** Runs `use(editor)` in a new VS Code on a workspace of these files; everything ends with it, whatever happens.
 *  `rules` are what the model says: pairs of words in a prompt and the answer. The program that the settings name is not
 *  there until `install()` puts it there. */
export async function editing({ files, rules }, use) {
    const state = await mkdtemp(join(tmpdir(), "dt6-vscode-"));
    const ends = [];
    try {
        const ollama = await startModel(state, rules, ends);
        const program = join(state, "bin", "dt6-lsp");
        const settings = JSON.stringify({ ...QUIET, "dt6.server.command": [program], "dt6.ollama.url": ollama });
        await write(state, {
            ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`workspace/${name}`, text])),
            // Settings of machine scope belong to the machine that the extension runs on.
            "user-data/User/settings.json": settings,
            "user-data/Machine/settings.json": settings,
            "code-server.yaml": "",
            "config.toml": "",
            "home/.keep": "",
            "bin/.keep": "",
        });
        const url = await startServer(state, ends);
        const workspace = join(state, "workspace");
        const page = await openBrowser(`${url}/?folder=${workspace}`, ends);
        const install = () => symlink(join(dirname(PYTHON), "dt6-lsp"), program);
        await use({ page, workspace, install });
    } finally {
        for (const end of ends.reverse()) {
            await end();
        }
        await rm(state, { recursive: true, force: true, maxRetries: 10 });
    }
}

async function write(folder, files) {
    for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), text);
    }
}

const QUIET = {
    "security.workspace.trust.startupPrompt": "never",
    "security.workspace.trust.banner": "never",
    "telemetry.telemetryLevel": "off",
    "workbench.startupEditor": "none",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "chat.commandCenter.enabled": false,
    "window.dialogStyle": "custom",
};

function environment(state) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(DT6|VSCODE|XDG|npm)_/.test(name));
    return {
        ...Object.fromEntries(inherited),
        HOME: join(state, "home"),
        DT6_DATA_DIR: join(state, "data"),
        DT6_CONFIG: join(state, "config.toml"),
    };
}

async function startModel(state, rules, ends) {
    const file = join(state, "rules.json");
    await writeFile(file, JSON.stringify(rules));
    const server = spawn(PYTHON, ["-m", "tests.servers", file], { cwd: PROJECT, stdio: ["pipe", "pipe", "inherit"] });
    ends.push(() => ended(server, () => server.stdin.end()));
    const [line] = await once(createInterface({ input: server.stdout }), "line");
    return JSON.parse(line).ollama;
}

async function startServer(state, ends) {
    const folders = ["--user-data-dir", join(state, "user-data"), "--extensions-dir", join(state, "extensions")];
    const args = [CODE_SERVER, "--config", join(state, "code-server.yaml"), ...folders];
    const options = { env: environment(state), stdio: ["ignore", "pipe", "pipe"] };
    const installing = spawn(process.execPath, [...args, "--install-extension", VSIX], options);
    const said = collected(installing);
    const [code] = await once(installing, "exit");
    if (code !== 0) {
        throw new Error(`The extension could not be installed:\n${said()}`);
    }
    const address = `127.0.0.1:${await freePort()}`;
    const server = spawn(process.execPath, [...args, ...SERVER_FLAGS, "--bind-addr", address], options);
    const told = collected(server);
    ends.push(() => ended(server, () => server.kill("SIGTERM")));
    await until(async () => {
        if (server.exitCode !== null) {
            throw new Error(`code-server ended:\n${told()}`);
        }
        return (await fetch(`http://${address}/healthz`).catch(() => undefined))?.ok;
    });
    return `http://${address}`;
}

async function openBrowser(url, ends) {
    const browser = await chromium.launch({ executablePath: BROWSER, args: BROWSER_FLAGS });
    ends.push(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(PATIENCE_MS);
    // What the status bar said at any time: an index run of a small workspace is over before one can look.
    await page.addInitScript(() => {
        globalThis.statusTexts = [];
        const look = () => {
            for (const item of document.querySelectorAll(".statusbar-item")) {
                const text = item.textContent.trim();
                if (text.includes("DT6") && !globalThis.statusTexts.includes(text)) {
                    globalThis.statusTexts.push(text);
                }
            }
        };
        new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
    });
    await page.goto(url);
    await page.waitForSelector(".monaco-workbench");
    return page;
}

function collected(child) {
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (data) => (text = (text + data).slice(-20_000)));
    }
    return () => text;
}

async function ended(child, end) {
    if (child.exitCode === null && child.signalCode === null) {
        const exit = once(child, "exit");
        end();
        const force = setTimeout(() => child.kill("SIGKILL"), 20_000);
        await exit;
        clearTimeout(force);
    }
}

async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}

/** What `look` gives as soon as that is true; it is asked again every tenth of a second. */
export async function until(look, what = "what was waited for") {
    const end = Date.now() + PATIENCE_MS;
    while (Date.now() < end) {
        const found = await look();
        if (found) {
            return found;
        }
        await new Promise((wake) => setTimeout(wake, 100));
    }
    throw new Error(`In ${PATIENCE_MS / 1000} s there was not ${what}.`);
}
