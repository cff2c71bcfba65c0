// Commands that end in a list to choose from: places that a search found, and models.

import { basename } from "node:path";

import { type QuickPickItem, QuickPickItemKind, window } from "vscode";

import { open, shown } from "./places";
import type { Hit, Models } from "./protocol";
import type { Server } from "./server";

interface Chosen<T> extends QuickPickItem {
    value?: T;
}

export async function search(server: Server): Promise<void> {
    const query = await window.showInputBox({ title: "DT6: Search", prompt: "Words, a name, or what the code does" });
    if (!query?.trim()) {
        return;
    }
    const near = window.activeTextEditor?.document.uri;
    const hits = await server.execute<Hit[]>("dt6.search", {
        query,
        n: 30,
        ...(near?.scheme === "file" ? { near: near.toString() } : {}),
    });
    if (hits.length === 0) {
        void window.showInformationMessage(`Nothing in the index fits "${query}".`);
        return;
    }
    const chosen = await window.showQuickPick(hits.map(hitItem), { title: `DT6: ${query}`, matchOnDescription: true });
    if (chosen?.value !== undefined) {
        await open(chosen.value);
    }
}

function hitItem(hit: Hit): Chosen<Hit> {
    const line = hit.text.trimStart().split("\n", 1)[0] ?? "";
    const detail = line.replaceAll("$(", "\\$("); // else VS Code draws an icon
    return { label: hit.symbol || basename(hit.path), description: shown(hit), detail, value: hit };
}

/** True when another model answers from now on. */
export async function switchModel(server: Server): Promise<boolean> {
    const { servers } = await server.execute<Models>("dt6.models");
    const bySettings: Chosen<object> = { label: "As the settings say", value: {} };
    const items = [bySettings, ...servers.flatMap(modelItems)];
    const chosen = await window.showQuickPick(items, { title: "DT6: Switch Model", matchOnDescription: true });
    if (chosen?.value === undefined) {
        return false;
    }
    await server.execute("dt6.switchModel", chosen.value);
    return true;
}

function modelItems({ backend, models, problem }: Models["servers"][number]): Chosen<object>[] {
    const heading = { label: backend, kind: QuickPickItemKind.Separator };
    if (problem !== "") {
        return [heading, { label: "$(warning) Can't be asked", detail: problem }];
    }
    const writers = models.filter(({ capabilities }) => capabilities.length === 0 || capabilities.includes("completion"));
    return [
        heading,
        ...writers.map(({ name, context_tokens: tokens, in_use: used }) => ({
            label: `${used ? "$(check) " : ""}${name}`,
            description: tokens > 0 ? `${tokens.toLocaleString()} tokens` : "",
            value: { model: name, backend },
        })),
    ];
}
