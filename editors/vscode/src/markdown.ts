// Markdown that this extension writes around what the server says. The server's answers are Markdown that it has made
// harmless; everything else (questions, names, notices) is words, and stays words.

import { linkOf, shown } from "./places";
import type { Answer, Place, Stats } from "./protocol";

export function plain(words: string): string {
    return words.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>!#|]/g, (mark) => `\\${mark}`);
}

export function answered({ answer, citations, backend, model, notice }: Answer): string {
    const author = backend === "none" ? "without a model" : `by ${plain(model)} (${plain(backend)})`;
    const sources = citations.length > 0 ? ["## Sources", citations.map(source).join("\n")] : [];
    return [answer.trim(), ...sources, "---", `Written ${author}. ${plain(notice)}`.trim()].join("\n\n");
}

function source(place: Place): string {
    const link = linkOf(place);
    return link === undefined ? `- ${plain(shown(place))}` : `- [${plain(shown(place))}](${link})`;
}

export function figures({ roots, chat, index, asks }: Stats): string {
    const model = chat.backend === "none" ? `none. ${chat.why}` : `${chat.model} (${chat.backend})`;
    return [
        "| | |",
        "|---|---|",
        `| Model | ${plain(model)} |`,
        `| Files indexed | ${index.indexed} of ${index.files}, ${index.stale} stale |`,
        `| Questions | ${asks.answered} answered (${asks.cached} kept answers), ${asks.failed} failed, ${asks.cancelled} stopped |`,
        ...roots.map(
            ({ root, files, chunks, symbols, model }) =>
                `| ${plain(root)} | ${files} files, ${chunks} chunks, ${symbols} symbols; vectors by ${plain(model)} |`,
        ),
    ].join("\n");
}
