-- The editor commands. Nothing is loaded before one is used.

if vim.g.loaded_dt6 or vim.fn.has('nvim-0.7') == 0 then
  return
end
vim.g.loaded_dt6 = true

local function define(name, does, options)
  vim.api.nvim_create_user_command(name, function(call)
    require('dt6.commands')[does](call)
  end, options)
end

define('DT6Ask', 'ask', { nargs = '*', range = true, desc = 'Ask a question about the workspace, or about a range' })
define('DT6Explain', 'explain', { nargs = 0, range = true, desc = 'Explain what is under the cursor, or a range' })
define('DT6Search', 'search', { nargs = '*', desc = 'Search the workspace; hits go into the quickfix list' })
define('DT6Architecture', 'architecture', {
  nargs = '?',
  complete = 'file',
  desc = 'Tell the architecture of the workspace, or of a folder or file',
})
define('DT6Index', 'index', { nargs = 0, bang = true, desc = 'Index the workspace; with ! from the beginning' })
define('DT6Models', 'models', { nargs = 0, desc = 'List the models of every server' })
define('DT6SwitchModel', 'switch_model', { nargs = '?', desc = 'Have another model answer: MODEL or MODEL@BACKEND' })
define('DT6Stats', 'stats', { nargs = 0, desc = 'Tell what DT6 has indexed and did' })
define('DT6Stop', 'stop', { nargs = 0, desc = 'Stop everything that was asked of DT6' })
