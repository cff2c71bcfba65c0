// Parts of the extension that no session in the real VS Code gets to, with a stand-in for the editor: where files of
// several folders are, which of the user's settings the server is told, and which program is taken for it.

import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const EXTENSION = resolve(fileURLToPath(import.meta.url), "../../../../editors/vscode");
const requireThere = createRequire(join(EXTENSION, "package.json"));

class Uri {
    constructor(scheme, path) {
        Object.assign(this, { scheme, path });
    }

    static joinPath(uri, ...parts) {
        return new Uri(uri.scheme, join(uri.path, ...parts));
    }

    static parse(text) {
        const { protocol, pathname } = new URL(text);
        return new Uri(protocol.slice(0, -1), decodeURIComponent(pathname));
    }
}

const editor = { Uri, workspace: { workspaceFolders: undefined, isTrusted: true } };
let folder;
let parts;

before(async () => {
    folder = await mkdtemp(join(tmpdir(), "dt6-parts-"));
    const outfile = join(folder, "parts.cjs");
    const contents = ["places", "markdown", "settings", "program"].map((name) => `export * from "./${name}";`).join("\n");
    await requireThere("esbuild").build({
        stdin: { contents, resolveDir: join(EXTENSION, "src") },
        outfile,
        bundle: true,
        platform: "node",
        external: ["vscode"],
    });
    await mkdir(join(folder, "node_modules"));
    await writeFile(join(folder, "node_modules", "vscode.js"), "module.exports = globalThis.editorForTests;");
    globalThis.editorForTests = editor;
    parts = requireThere(outfile);
});

after(() => rm(folder, { recursive: true }));

function opened(...paths) {
    editor.workspace.workspaceFolders = paths.map((path) => ({ uri: new Uri("file", path) }));
}

const place = (path) => ({ path, start_line: 3, end_line: 5 });
const located = (path) => parts.uriOf(place(path))?.path;

test("a file is named by its path in the only folder", () => {
    opened("/home/me/api");
    assert.equal(located("src/main.py"), "/home/me/api/src/main.py");
    assert.equal(located("../secret.py"), undefined, "nothing outside of it");
});

test("with several folders the folder's name comes first, made unique by a number", () => {
    opened("/home/me/api", "/other/api", "/home/me/web");
    assert.equal(located("api/main.py"), "/home/me/api/main.py");
    assert.equal(located("api-2/main.py"), "/other/api/main.py");
    assert.equal(located("web/main.py"), "/home/me/web/main.py");
    assert.equal(located("gone/main.py"), undefined);
});

test("links start at the first folder, also to a file of another one", () => {
    opened("/home/me/api", "/other/web");
    assert.match(parts.answered({ ...ANSWER, citations: [place("web/a (1).py")] }), /\]\(\/\.\.\/\.\.\/\.\.\/other\/web\/a%20%281%29\.py#L3\)/);
    assert.equal(parts.previewed("- [a.py:3](file:///home/me/api/a.py#L3)"), "- [a.py:3](/a.py#L3)");
});

test("names and notices stay words", () => {
    opened("/home/me/api");
    const said = parts.answered({ ...ANSWER, notice: "See <img src=x> and [this](command:x).", citations: [place("[a](b).py")] });
    assert.ok(said.includes("\\<img src=x\\> and \\[this\\](command:x)"));
    assert.ok(said.includes("\\[a\\](b).py:3-5"));
});

const ANSWER = { answer: "Yes.", citations: [], backend: "none", model: "", notice: "" };

test("the server is told what the user set, and nothing else", () => {
    const set = { "dt6.chat.model": { defaultValue: "", globalValue: "small" }, "dt6.log.level": { defaultValue: "info" } };
    set["dt6.cache.enabled"] = { defaultValue: true, workspaceValue: false }; // a folder's own file
    set["dt6.backends"] = { globalValue: { gpu: { url: "http://127.0.0.1:9" } } };
    set["dt6.server.command"] = { globalValue: ["dt6-lsp"] };
    editor.workspace.getConfiguration = () => ({ inspect: (key) => set[key] });
    editor.workspace.isTrusted = false;
    const properties = Object.fromEntries(Object.keys(set).map((key) => [key, {}]));
    const packageJSON = { contributes: { commands: [], configuration: [{ properties }] } };
    assert.deepEqual(parts.spoken({ extension: { packageJSON } }), {
        chat: { model: "small" },
        backends: { gpu: { url: "http://127.0.0.1:9" } },
        workspace: { trusted: false },
    });
});

test("a program is found on the PATH or by an absolute path, and in no current folder", async () => {
    const bin = join(folder, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "some-server"), "");
    await writeFile(join(bin, "no-program"), "");
    await chmod(join(bin, "some-server"), 0o755);
    const before = process.env.PATH;
    process.env.PATH = [".", bin].join(delimiter);
    process.chdir(bin);
    try {
        assert.equal(await parts.find("some-server"), join(bin, "some-server"));
        assert.equal(await parts.find(join(bin, "some-server")), join(bin, "some-server"));
        for (const name of ["./some-server", "no-program", "", "gone", join(bin, "gone")]) {
            assert.equal(await parts.find(name), undefined, name);
        }
        process.env.PATH = ".";
        assert.equal(await parts.find("some-server"), undefined);
    } finally {
        process.env.PATH = before;
        process.chdir("/");
    }
});
