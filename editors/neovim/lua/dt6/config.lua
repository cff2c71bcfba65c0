-- How the server is started: the configuration of `vim.lsp.config`, whatever the age of this Neovim.
--
-- Not here: starting it (`dt6.client`), and what the server's own settings are (`dt6.types`).

local M = {}

--- Neovim keeps configurations of servers and starts them by itself.
M.is_modern = vim.fn.has('nvim-0.11') == 1

--- Progress of index runs is shown in the message line.
M.shows_progress = true

local own -- of a Neovim that keeps none

--- What stands where the user sets nothing.
function M.base()
  local base = {
    cmd = { 'dt6-lsp', 'serve', '--stdio' },
    root_markers = { '.dt6.toml', '.git', '.hg', '.svn' },
    commands = {
      ['dt6.references'] = function(command)
        require('dt6.commands').references(command.arguments[1])
      end,
    },
    handlers = { ['$/progress'] = require('dt6.progress').handle },
    root_dir = function(bufnr, on_dir)
      local root = require('dt6.client').root_of(bufnr)
      if root and require('dt6.client').is_installed() then
        on_dir(root)
      end
    end,
  }
  if not M.is_modern then -- the oldest answers the question for settings, but does not say so
    base.capabilities = { workspace = { configuration = true }, window = { showDocument = { support = true } } }
    base.handlers['window/showDocument'] = vim.lsp.handlers['window/showDocument'] or require('dt6.documents').show
  end
  return base
end

--- The configuration of now, in the words of `vim.lsp.Config`.
function M.get()
  return M.is_modern and vim.lsp.config.dt6 or own or M.base()
end

--- Lay the user's options over it.
function M.set(options)
  local given = vim.deepcopy(options)
  M.shows_progress = given.progress ~= false
  given.progress = nil
  given.init_options = given.init_options or given.settings -- what can be offered only at the start is known then
  given.settings = { dt6 = given.settings }
  if M.is_modern then
    vim.lsp.config('dt6', given)
  else
    own = vim.tbl_deep_extend('force', M.base(), given)
  end
end

return M
