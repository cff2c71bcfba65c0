;;; -*- lexical-binding: t -*-
;; Steps that are run in a real Emacs: each is told when it has passed, and the first that fails ends the editor.
;; Nothing sleeps: `wait-for' looks again whenever something has come from the server.

(defvar harness-patience-seconds 30)

(defun harness-messages ()
  (with-current-buffer (messages-buffer) (buffer-string)))

(defun server-log ()
  (let ((server (eglot-current-server)))
    (if server (with-current-buffer (jsonrpc-stderr-buffer server) (buffer-string)) "nothing")))

(defmacro wait-for (what &rest look)
  "What LOOK is as soon as that is not nil."
  (declare (indent 1))
  `(let ((end (+ (float-time) harness-patience-seconds)) found)
     (while (and (not (setq found (progn ,@look))) (< (float-time) end))
       (accept-process-output nil 0.1))
     (or found (error "Waited in vain for %s; messages:\n%s" ,what (harness-messages)))))

(defun check (holds &optional said)
  (or holds (error "Not so: %s; messages:\n%s" said (harness-messages))))

(defun shot (name text)
  "Keep what was shown."
  (write-region text nil (expand-file-name (format "emacs-%s.txt" name) (getenv "SHOTS")) nil 'quiet))

(defmacro step (name &rest body)
  (declare (indent 1))
  `(condition-case trouble
       (progn ,@body (princ (format "passed: %s\n" ,name)))
     (error (princ (format "failed: %s: %s\nThe server said:\n%s" ,name (error-message-string trouble) (server-log)))
            (kill-emacs 1))))

(defun connect-to (file)
  "As `eglot' does when it is called in FILE, which is opened."
  (switch-to-buffer (find-file-noselect file))
  (apply #'eglot--connect (eglot--guess-contact))
  (wait-for "the buffer to be managed" (and (eglot-current-server) eglot--managed-mode)))

(defun hover-text ()
  "What eldoc would show here."
  (let (text)
    (eglot-hover-eldoc-function (lambda (info &rest _) (setq text (or info 'nothing))))
    (wait-for "the hover" text)
    (format "%s" text)))

(defun shown-document (heading)
  "The text of the document with this HEADING, once the server has opened it."
  (wait-for heading
    (seq-some (lambda (window)
                (let ((text (with-current-buffer (window-buffer window) (buffer-string))))
                  (and (string-match-p (regexp-quote heading) text) text)))
              (window-list))))
