-- Everything that needs no model: index progress, hover, search, an answer from the index.

local t = dofile(vim.env.HARNESS)

vim.o.cmdheight = 4 -- a message that is longer than its room waits for Enter

local function float()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      return window
    end
  end
end

t.run({
  {
    'the server starts for a file of a workspace, and for no other',
    function()
      t.wait('a client', function()
        return #require('dt6.client').all() == 1
      end)
      local client = require('dt6.client').all()[1]
      t.check(client.config.root_dir == vim.fn.getcwd(), client.config.root_dir)
      vim.cmd('edit ' .. vim.env.ELSEWHERE)
      t.check(vim.bo.filetype == 'python')
      t.check(not vim.lsp.buf_is_attached(0, client.id), 'attached to a file that is in no workspace')
      vim.cmd('edit app/server.py')
      t.wait('the file to be attached', function()
        return vim.lsp.buf_is_attached(0, client.id)
      end)
      t.check(#require('dt6.client').all() == 1, 'one server for one workspace')
    end,
  },
  {
    'index progress is seen',
    function()
      t.wait('the end of the index run', function()
        return t.was_shown('files and [%d,]+ chunks are searchable')
      end)
      t.check(t.was_shown('^DT6: indexing'), 'the run was seen while it went on')
      t.shot(vim.env.EDITOR .. '-progress', 'DT6: indexing', 'chunks are searchable.')
      t.check(require('dt6').status() == '', 'the status line is empty again')
    end,
  },
  {
    'hover tells of the name under the cursor',
    function()
      t.place_cursor('start')
      vim.lsp.buf.hover()
      local window = t.wait('the hover', float)
      t.check(t.text(vim.api.nvim_win_get_buf(window)):find('Listen on a port', 1, true))
      t.shot(vim.env.EDITOR .. '-hover', 'def start(self, port: int)', 'Listen on a port.')
      vim.api.nvim_win_close(window, true)
    end,
  },
  {
    'hits of a search are in the quickfix list, and lead to their lines',
    function()
      vim.cmd('DT6Search listen on a port')
      t.wait('the quickfix window', function()
        return vim.bo.buftype == 'quickfix'
      end)
      t.shot(vim.env.EDITOR .. '-search', 'app/server.py')
      vim.cmd('cfirst')
      t.check(vim.fn.expand('%:t') == 'server.py', vim.fn.expand('%'))
      vim.cmd('cclose')
    end,
  },
  {
    'a lens says who uses a method, and lists them',
    function()
      t.place_cursor('def start')
      vim.lsp.codelens.refresh()
      t.shot(vim.env.EDITOR .. '-lens', 'def start(self, port: int) -> None: used by 1 | no tests')
      vim.ui.select = function(items, options, choose)
        for index, item in ipairs(items) do
          if options.format_item(item):find('used by', 1, true) then
            return choose(item, index)
          end
        end
      end
      vim.lsp.codelens.run()
      t.wait('the list', function()
        return vim.fn.getqflist({ title = 0 }).title == 'DT6: uses of Server.start'
      end)
      t.check(vim.fn.getqflist()[1].text:find('Server().start(8000)', 1, true), vim.inspect(vim.fn.getqflist()))
      vim.cmd('cclose')
    end,
  },
  {
    'a question is answered in a buffer, and Enter opens what the answer cites',
    function()
      vim.cmd('DT6Ask How does start listen on a port?')
      local answer = vim.api.nvim_get_current_buf()
      t.check(vim.bo.filetype == 'markdown' and vim.bo.buftype == 'nofile')
      t.wait('the answer', function()
        return t.text(answer):find('Written without a model', 1, true)
      end)
      t.shot(vim.env.EDITOR .. '-answer', '# How does start listen on a port?')
      t.check(t.text(answer):find('## Sources', 1, true), t.text(answer))
      t.place_cursor('- app/server.py:')
      t.keys('<CR>')
      t.check(vim.fn.expand('%:t') == 'server.py', vim.fn.expand('%'))
      vim.api.nvim_set_current_win(vim.fn.bufwinid(answer))
      t.keys('q')
      t.check(not vim.api.nvim_buf_is_valid(answer), 'q closes the answer')
    end,
  },
  {
    'a question about an answer goes to the workspace that it is of, wherever the current folder is',
    function()
      local home = vim.fn.getcwd()
      vim.cmd('DT6Ask Where is `main`?')
      vim.cmd('cd ' .. vim.env.OTHER)
      vim.cmd('DT6Ask And where is `twice`?')
      local second = vim.api.nvim_get_current_buf()
      t.wait('the answer', function()
        return t.text(second):find('app/windows.py', 1, true)
      end)
      t.check(#require('dt6.client').all() == 1, 'another server was started')
      vim.cmd('cd ' .. home)
      vim.cmd('only | edit app/server.py')
    end,
  },
  {
    'the server opens what it writes of the architecture',
    function()
      vim.cmd('DT6Architecture')
      t.wait('the document', function()
        return t.text():find('# What is the architecture of this workspace?', 1, true)
      end)
      t.shot(vim.env.EDITOR .. '-architecture', '# What is the architecture of this workspace?')
    end,
  },
  {
    'an index run that is asked for tells what is searchable',
    function()
      vim.cmd('edit app/server.py')
      vim.cmd('DT6Index!')
      t.wait('the report', function()
        return t.was_told('DT6: 4 files and')
      end)
    end,
  },
  {
    'models and statistics are listed',
    function()
      vim.cmd('DT6Models')
      t.wait('the models', function()
        return t.text():find('# Models', 1, true)
      end)
      vim.cmd('DT6Stats')
      t.wait('the statistics', function()
        return t.text():find('# DT6', 1, true)
      end)
    end,
  },
  {
    'an error is told in the words of the server',
    function()
      vim.cmd('DT6SwitchModel absent')
      t.wait('the error', function()
        return t.was_told('Ollama at http://127.0.0.1:9')
      end)
      t.shot(vim.env.EDITOR .. '-error', 'Ollama at http://127.0.0.1:9')
    end,
  },
})
