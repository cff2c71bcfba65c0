// What goes wrong, told to the user.

import { window } from "vscode";

/** Something that the user has read already. */
export class Told extends Error {}

/** Shows an error in its own words, which are the server's where it is one of the server's. */
export function showError(error: unknown): void {
    if (!(error instanceof Told)) {
        void window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
}
