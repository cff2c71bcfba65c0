;;; -*- lexical-binding: t -*-
;; The test has told the model server what to say, in the order of these steps.

(load (getenv "HARNESS") nil t)

(step "eglot starts the server"
  (connect-to "app/server.py")
  (wait-for "the end of the index run" (string-match-p "chunks are searchable" (harness-messages))))

(step "a model answers about the region"
  (set-mark (progn (search-forward "def start") (line-beginning-position)))
  (forward-line 3)
  (activate-mark)
  (let ((transient-mark-mode t))
    (dt6-ask "What does this do?"))
  (deactivate-mark)
  (let ((text (shown-document "# What does this do?")))
    (check (string-match-p "It keeps the port" text) text)
    (check (string-match-p "Written by first" text) text)
    (shot "answer-of-a-model" text)))

(step "an answer is stopped while it is written"
  (delete-file (getenv "ASKED"))
  (dt6-ask "Where is `main`?")
  (wait-for "the model to be asked" (file-exists-p (getenv "ASKED")))
  (dt6-stop)
  (wait-for "the end of the work" (hash-table-empty-p (dt6--titles (eglot-current-server)))))

(princ "done\n")
