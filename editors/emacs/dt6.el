;;; dt6.el --- DT6, a local-first AI language server, by way of Eglot  -*- lexical-binding: t -*-

;; Package-Requires: ((emacs "28.1") (eglot "1.9"))

;;; Commentary:

;; Eglot alone starts DT6 and shows hover, symbols and code actions.  This file adds what Eglot lacks before 1.10,
;; progress and documents that a server opens, and commands:
;;
;;     (require 'dt6)
;;     (dt6-setup 'python-mode)
;;
;; Settings go into `eglot-workspace-configuration', under :dt6.

;;; Code:

(require 'eglot)

(defgroup dt6 nil "DT6, a local-first AI language server." :group 'tools)

(defcustom dt6-command '("dt6-lsp" "serve" "--stdio")
  "How the server is started."
  :type '(repeat string))

(defclass dt6-server (eglot-lsp-server)
  ((titles :initform (make-hash-table :test #'equal) :accessor dt6--titles
           :documentation "What is under way, by its token."))
  :documentation "DT6's server.")

;;;###autoload
(defun dt6-setup (&rest modes)
  "Have Eglot start DT6 for MODES.
They then have no other server: Eglot has one for each buffer."
  (unless (executable-find (car dt6-command))
    (display-warning 'dt6 (format "`%s' is not on the PATH: install it with `uv tool install .' from a checkout of DT6, \
or set `dt6-command'." (car dt6-command)) :error))
  (add-to-list 'eglot-server-programs (cons modes (cons 'dt6-server dt6-command))))

(cl-defmethod eglot-client-capabilities ((_server dt6-server))
  "What Eglot can, and what this file adds."
  (let ((capabilities (cl-call-next-method)))
    (if (plist-member capabilities :window)
        capabilities
      (append capabilities '(:window (:workDoneProgress t :showDocument (:support t)))))))

(cl-defmethod eglot-execute-command ((server dt6-server) command arguments)
  "Have SERVER run COMMAND with ARGUMENTS, and do not wait for it.
A model may need longer than Eglot is patient."
  (jsonrpc-async-request
   server :workspace/executeCommand (list :command (format "%s" command) :arguments arguments)
   :timeout nil
   :success-fn #'ignore
   :error-fn (jsonrpc-lambda (&key message &allow-other-keys) (message "[dt6] %s" message))))

(unless (boundp 'eglot-report-progress) ; Eglot has its own from 1.10 on
  (cl-defmethod eglot-handle-notification ((server dt6-server) (_method (eql $/progress)) &key token value)
    "Show progress in the echo area."
    (let ((title (or (plist-get value :title) (gethash token (dt6--titles server)))))
      (if (equal (plist-get value :kind) "end")
          (remhash token (dt6--titles server))
        (puthash token title (dt6--titles server)))
      (when (or (plist-get value :message) (plist-get value :title))
        (message "[dt6] %s %s" (string-remove-prefix "DT6: " (or title "")) (or (plist-get value :message) "…")))))

  (cl-defmethod eglot-handle-request ((_server dt6-server) (_method (eql window/showDocument))
                                      &key uri external selection &allow-other-keys)
    "Open what DT6 has written."
    (if (eq external t)
        '(:success :json-false)
      (with-current-buffer (find-file-noselect (eglot--uri-to-path uri))
        (revert-buffer t t t)
        (view-mode)
        (goto-char (point-min))
        (when selection
          (forward-line (plist-get (plist-get selection :start) :line)))
        (display-buffer (current-buffer)))
      '(:success t))))

(defun dt6--run (command argument)
  "Have the server of this buffer run COMMAND with ARGUMENT, an object."
  (eglot-execute-command (or (eglot-current-server) (user-error "No server here; M-x eglot starts one"))
                         command (vector argument)))

(defun dt6--range ()
  "The region, or the place of point."
  (let ((start (if (use-region-p) (region-beginning) (point)))
        (end (if (use-region-p) (region-end) (point))))
    (list :start (eglot--pos-to-lsp-position start) :end (eglot--pos-to-lsp-position end))))

(defun dt6-ask (question)
  "Ask DT6 QUESTION, about the region if there is one.  The answer is opened."
  (interactive "sAsk DT6: ")
  (dt6--run 'dt6.ask (append (list :question question)
                             (eglot--TextDocumentIdentifier)
                             (when (use-region-p) (list :range (dt6--range))))))

(defun dt6-explain ()
  "Have DT6 explain what the name at point means, or the region."
  (interactive)
  (dt6--run 'dt6.explain (append (eglot--TextDocumentIdentifier) (list :range (dt6--range)))))

(defun dt6-architecture ()
  "Have DT6 tell the architecture of the workspace."
  (interactive)
  (dt6--run 'dt6.architecture eglot--{}))

(defun dt6-index (rebuild)
  "Bring the index up to date; with a prefix argument (REBUILD) from the beginning."
  (interactive "P")
  (dt6--run 'dt6.index (list :rebuild (if rebuild t :json-false))))

(defun dt6-stop ()
  "Stop everything that DT6 is at."
  (interactive)
  (let ((server (or (eglot-current-server) (user-error "No server here"))))
    (dolist (token (hash-table-keys (dt6--titles server)))
      (jsonrpc-notify server :window/workDoneProgress/cancel (list :token token)))))

(provide 'dt6)
;;; dt6.el ends here
