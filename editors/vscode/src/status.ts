// The item in the status bar: what the server does, how much is indexed, and which model answers.

import { type Disposable, MarkdownString, StatusBarAlignment, ThemeColor, window } from "vscode";

import type { Progress } from "./client";
import { figures } from "./markdown";
import type { Stats } from "./protocol";
import type { Server, ServerState } from "./server";

const WORDS: Record<Exclude<ServerState, "running">, string> = {
    missing: "$(error) DT6: not installed",
    starting: "$(sync~spin) DT6",
    stopped: "$(circle-slash) DT6: stopped",
};

export class Status implements Disposable {
    private readonly item = window.createStatusBarItem("dt6.status", StatusBarAlignment.Right, 10);
    private readonly bars = new Map<string | number, string>();
    private idle = WORDS.stopped;

    constructor(private readonly server: Server) {
        this.item.name = "DT6";
        this.item.show();
        server.onDidChangeState((state) => {
            this.follow(state);
        });
        server.onProgress(([token, progress]) => {
            this.draw(token, progress);
        });
    }

    dispose(): void {
        this.item.dispose();
    }

    /** Which model answers, and how much is indexed, as it is now. */
    async refresh(): Promise<void> {
        try {
            const stats = await this.server.execute<Stats>("dt6.stats");
            this.idle = `$(comment-discussion) DT6: ${stats.chat.backend === "none" ? "no model" : stats.chat.model}`;
            this.item.tooltip = new MarkdownString(figures(stats));
        } catch (error) {
            this.server.output.warn(`The figures for the status bar did not come: ${String(error)}`);
            this.idle = "$(comment-discussion) DT6";
            this.item.tooltip = error instanceof Error ? error.message : String(error);
        }
        this.write();
    }

    private follow(state: ServerState): void {
        this.bars.clear();
        const ended = state === "missing" || state === "stopped";
        this.item.command = ended ? "dt6.restart" : "dt6.stats";
        this.item.backgroundColor = state === "missing" ? new ThemeColor("statusBarItem.errorBackground") : undefined;
        if (state === "running") {
            void this.refresh();
        } else {
            this.idle = WORDS[state];
            this.item.tooltip = ended ? "Start the server" : "The server starts";
            this.write();
        }
    }

    private draw(token: string | number, progress: Progress): void {
        if (progress.kind === "end") {
            this.bars.delete(token);
            void this.refresh();
        } else {
            this.bars.set(token, progress.message ?? "");
        }
        this.write();
    }

    private write(): void {
        const busy = [...this.bars.values()].at(-1);
        this.item.text = busy === undefined ? this.idle : `$(sync~spin) DT6 ${busy}`;
    }
}
