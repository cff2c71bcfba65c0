;;; -*- lexical-binding: t -*-

(load (getenv "HARNESS") nil t)

(step "eglot starts the server"
  (connect-to "app/server.py")
  (check (object-of-class-p (eglot-current-server) 'dt6-server)))

(step "index progress is seen"
  (wait-for "the end of the index run" (string-match-p "chunks are searchable" (harness-messages)))
  (check (string-match-p (regexp-quote "[dt6] indexing") (harness-messages)))
  (shot "progress" (harness-messages)))

(step "hover tells of the name at point"
  (search-forward "def sta")
  (let ((text (hover-text)))
    (check (string-match-p "Listen on a port" text) text)
    (shot "hover" text)))

(step "a question is answered, and the answer shown"
  (dt6-ask "How does `start` listen on a port?")
  (let ((text (shown-document "# How does `start` listen on a port?")))
    (check (string-match-p "Written without a model" text) text)
    (shot "answer" text)))

(step "the architecture is told and shown"
  (dt6-architecture)
  (shown-document "# What is the architecture of this workspace?"))

(step "an error of a command is told"
  (eglot-execute-command (eglot-current-server) 'dt6.search [(:query "x" :n 0)])
  (wait-for "the message" (string-match-p (regexp-quote "[dt6] dt6.search gives 1 to 100 hits") (harness-messages))))

(princ "done\n")
