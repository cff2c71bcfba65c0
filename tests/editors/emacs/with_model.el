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

(step "the definition at point is explained"
  (switch-to-buffer "server.py")
  (goto-char (point-min))
  (search-forward "def sta")
  (dt6-explain)
  (let ((text (shown-document "# Explain `Server.start`")))
    (check (string-match-p "It keeps the port" text) text)
    (shot "explained" text)))

(step "an answer is stopped while it is written"
  (delete-file (getenv "ASKED"))
  (dt6-ask "Where is `main`?")
  (wait-for "the model to be asked" (file-exists-p (getenv "ASKED")))
  (dt6-stop)
  (wait-for "the end of the work" (hash-table-empty-p (dt6--titles (eglot-current-server)))))

(step "a code action is applied to the buffer, after the user has said yes"
  (switch-to-buffer "server.py")
  (goto-char (point-min))
  (search-forward "def main")
  (let ((last-nonmenu-event ?x) asked)
    (cl-letf (((symbol-function 'completing-read)
               (lambda (prompt titles &rest _)
                 (push prompt asked)
                 (let ((names (mapcar (lambda (each) (if (consp each) (car each) each)) titles)))
                   (or (seq-find (lambda (name) (member name '("DT6: document `main`" "Apply"))) names)
                       (error "Neither is among %S" names)))))
              ((symbol-function 'y-or-n-p) (lambda (prompt) (push prompt asked) t)))
      (eglot-code-actions (point) nil nil t)
      (wait-for "the edit"
        (string-match-p (regexp-quote "    \"\"\"Starts a server on port 8000.\"\"\"\n    Server().start(8000)")
                        (buffer-string))))
    (pcase-let ((`(,eglot-asks ,dt6-asks ,_action) asked))
      (check (string-match-p "would change 1 line of server.py. Apply it\\?" dt6-asks) asked)
      (check (string-match-p "Server wants to edit" eglot-asks) asked)))
  (check (buffer-modified-p) "the file on the disk is the user's to write")
  (shot "code-action" (buffer-string)))

(princ "done\n")
