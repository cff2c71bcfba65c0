// What the server's own request and commands take and give, as docs/commands.md and `dt6-lsp ask --json` have it.

import type { Range } from "vscode-languageclient";

export interface AskParams {
    question: string;
    uri?: string;
    range?: Range;
    selection?: string;
    files?: string[];
    conversation?: string;
    use_cache?: boolean;
}

export interface Place {
    path: string;
    start_line: number;
    end_line: number;
}

export type Partial =
    | { kind: "resolved"; question: string }
    | { kind: "routed"; intent: string; why: string }
    | { kind: "retrieved"; hits: Place[] }
    | { kind: "token"; text: string };

export interface Answer {
    answer: string;
    citations: Place[];
    backend: string;
    model: string;
    notice: string;
}

export interface Hit extends Place {
    symbol: string;
    kind: string;
    text: string;
}

export interface Models {
    servers: {
        backend: string;
        models: { name: string; capabilities: string[]; context_tokens: number; in_use: boolean }[];
        problem: string;
    }[];
}

export interface Stats {
    roots: { root: string; files: number; chunks: number; symbols: number; model: string }[];
    chat: { backend: string; model: string; why: string };
    index: { files: number; indexed: number; stale: number };
    asks: { answered: number; failed: number; cancelled: number; cached: number };
}
