-- DT6 in Neovim: starts the server for the files of a workspace. Everything else is the server's.
--
--     require('dt6').setup({ settings = { chat = { model = 'qwen2.5-coder:7b' } } })

local M = {}

---@class dt6.Options What `vim.lsp.Config` takes, and:
---@field cmd? string[] How the server is started. Default: { 'dt6-lsp', 'serve', '--stdio' }
---@field filetypes? string[] Of which files. Default: all
---@field root_markers? (string|string[])[] What the folder of a workspace holds; the first one counts first
---@field settings? dt6.Settings What the server is told
---@field progress? boolean Show progress in the message line. Default: true

--- Neovim 0.11 attaches by itself, but tells nobody that there is no server.
local function on_file(bufnr)
  local client = require('dt6.client')
  if not require('dt6.config').is_modern then
    client.attach(bufnr)
  elseif client.root_of(bufnr) then
    client.is_installed()
  end
end

---@param options? dt6.Options
function M.setup(options)
  local config = require('dt6.config')
  config.set(options or {})
  if config.is_modern then
    vim.lsp.enable('dt6')
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('dt6', {}),
    callback = function(event)
      on_file(event.buf)
    end,
  })
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) and vim.bo[bufnr].filetype ~= '' then
      on_file(bufnr)
    end
  end
end

--- What the server is at, for a status line; '' when it rests.
function M.status()
  return require('dt6.progress').status()
end

return M
