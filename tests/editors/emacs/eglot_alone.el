;;; -*- lexical-binding: t -*-
;; Without the file that DT6 has for Emacs.

(load (getenv "HARNESS") nil t)

(step "eglot starts the server"
  (check (not (featurep 'dt6)))
  (connect-to "app/server.py"))

(step "hover tells of the name at point"
  (search-forward "def sta")
  (check (wait-for "what the index knows"
           (let ((text (hover-text))) (and (string-match-p "Listen on a port" text) text)))))

(step "a question is answered by a command, and the editor told"
  (eglot-execute-command (eglot-current-server) 'dt6.ask [(:question "How does `start` listen on a port?")])
  (check (string-match-p "Server reports.*The question names the method" (harness-messages)))
  (shot "told" (harness-messages)))

(princ "done\n")
